/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import java.util.Optional;
import org.apache.spark.ui.SparkUI;
import org.apache.spark.ui.SparkUITab;

/**
 * The tab "Cairn", at {@code /cairn/}.
 *
 * <p>Threading: Spark's web server calls its pages, several at a time.
 */
final class CairnTab extends SparkUITab {

  CairnTab(SparkUI ui, BoardPages pages) {
    super(ui, "cairn");
    attachPage(new HtmlPage("", Optional.of(this), pages::tab));
    attachPage(new HtmlPage("page", Optional.empty(), pages::page));
  }

  @Override
  public String name() {
    return "Cairn";
  }
}
