/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import jakarta.servlet.http.HttpServletRequest;
import org.apache.spark.ui.UIUtils;
import org.apache.spark.ui.WebUIPage;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.xml.Node;
import scala.xml.Unparsed;

/**
 * The tab's pages as Spark 4 wants them; those of the other Spark are in {@code
 * src/main/spark-3}.
 *
 * <p>Threading: Spark's web server, several threads at a time.
 */
final class TabPages {

  private TabPages() {}

  /** Below Spark's own heading. */
  static final class Tab extends WebUIPage {
    private final CairnTab tab;
    private final BoardPages pages;

    Tab(CairnTab tab, BoardPages pages) {
      super("");
      this.tab = tab;
      this.pages = pages;
    }

    @Override
    public Seq<Node> render(HttpServletRequest request) {
      Seq<Node> content = html(pages.tab(request.getParameter(BoardPages.NUMBER)));
      return UIUtils.headerSparkPage(
          request, "Cairn", () -> content, tab, Option.empty(), false, false);
    }
  }

  /** The page of a run alone, for the frame. */
  static final class Page extends WebUIPage {
    private final BoardPages pages;

    Page(BoardPages pages) {
      super("page");
      this.pages = pages;
    }

    @Override
    public Seq<Node> render(HttpServletRequest request) {
      return html(pages.page(request.getParameter(BoardPages.NUMBER)));
    }
  }

  /** A node is a sequence, of itself; and Spark writes the text of what it gets. */
  private static Seq<Node> html(String text) {
    return new Unparsed(text);
  }
}
