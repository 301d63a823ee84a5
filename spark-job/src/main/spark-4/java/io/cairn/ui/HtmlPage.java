/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import io.cairn.data.source.SparkInternals;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.spark.ui.SparkUITab;
import org.apache.spark.ui.WebUIPage;
import scala.collection.immutable.Seq;
import scala.xml.Node;
import scala.xml.Unparsed;

/**
 * A page of HTML as Spark 4 wants it; the same for the other Spark is in {@code src/main/spark-3}.
 *
 * <p>Threading: Spark's web server, several threads at a time.
 */
final class HtmlPage extends WebUIPage {

  private final Optional<SparkUITab> heading;
  private final UnaryOperator<String> html;

  /**
   * A page.
   *
   * @param prefix its address below the tab's
   * @param heading the tab whose heading it has, if any
   * @param html the page of the run that {@link BoardPages#NUMBER} asks for
   */
  HtmlPage(String prefix, Optional<SparkUITab> heading, UnaryOperator<String> html) {
    super(prefix);
    this.heading = heading;
    this.html = html;
  }

  @Override
  public Seq<Node> render(HttpServletRequest request) {
    // A node is a sequence, of itself; and Spark writes the text of what it gets.
    Seq<Node> content = new Unparsed(html.apply(request.getParameter(BoardPages.NUMBER)));
    return heading.isEmpty()
        ? content
        : SparkInternals.page(request, "Cairn", content, heading.get());
  }
}
