/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.apache.spark.SparkContext;

/**
 * The tab of an application that is running: one for each Spark context, however many runs it has.
 *
 * <p>Threading: safe everywhere.
 */
final class LiveTab {

  private static final Map<SparkContext, RunBoard> BOARDS = new WeakHashMap<>();
  private static final Set<SparkContext> ATTACHED =
      java.util.Collections.newSetFromMap(new WeakHashMap<>());

  private LiveTab() {}

  /** The application's runs. */
  static synchronized RunBoard board(SparkContext spark) {
    return BOARDS.computeIfAbsent(spark, unknown -> new RunBoard());
  }

  /**
   * Attaches the tab, unless it is there or the application has no pages ({@code
   * spark.ui.enabled}).
   */
  static synchronized void attach(SparkContext spark) {
    if (spark.ui().isDefined() && ATTACHED.add(spark)) {
      RunBoard board = board(spark);
      spark.ui().get().attachTab(new CairnTab(spark.ui().get(), new BoardPages(() -> board)));
    }
  }
}
