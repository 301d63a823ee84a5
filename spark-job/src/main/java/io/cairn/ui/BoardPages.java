/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import io.cairn.report.ObservedRun;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/**
 * The HTML of the tab: a list of the application's runs, and the page of one of them in a frame.
 * The frame keeps the page's style and scripts, and its own content security policy, apart from
 * Spark's.
 *
 * <p>Threading: stateless but for the board.
 */
final class BoardPages {

  /** The run that a request wants, counted from the newest. */
  static final String NUMBER = "number";

  private static final String DOCTYPE = "^<!doctype html>\\s*";

  private final Supplier<RunBoard> board;

  BoardPages(Supplier<RunBoard> board) {
    this.board = board;
  }

  /** What stands below Spark's own heading. */
  String tab(String number) {
    List<ObservedRun> runs = board.get().newestFirst();
    if (runs.isEmpty()) {
      return "<p>No run of this application has begun.</p>";
    }
    StringBuilder html = new StringBuilder();
    if (runs.size() > 1) {
      html.append("<ul>");
      for (int i = 0; i < runs.size(); i++) {
        html.append("<li><a href=\"?%s=%d\">%s</a></li>".formatted(NUMBER, i, runs.get(i).title()));
      }
      html.append("</ul>");
    }
    String asked = number != null && number.matches("\\d{1,4}") ? number : "0";
    return html.append(
            "<iframe title=\"the run\" src=\"page/?%s=%s\" style=\"width:100%%;height:85vh;border:0\"></iframe>"
                .formatted(NUMBER, asked))
        .toString();
  }

  /** The page of a run, without the line that Spark writes before any page. */
  String page(String number) {
    try {
      ObservedRun run = board.get().numbered(number).orElse(null);
      return run == null ? "<p>There is no such run.</p>" : run.page().replaceFirst(DOCTYPE, "");
    } catch (IOException e) {
      return "<p>The page cannot be made: a part of it is not on the class path.</p>";
    }
  }
}
