/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.status.AppHistoryServerPlugin;
import org.apache.spark.status.ElementTrackingStore;
import org.apache.spark.ui.SparkUI;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * The tab in the history server, which finds this class by its service file where Cairn's jar is
 * among the server's jars. Written as Spark 3.5 wants it; that of the other Spark is in {@code
 * src/main/spark-4}.
 *
 * <p>Threading: the history server's.
 */
public final class RunHistory implements AppHistoryServerPlugin {

  /** Made by the history server. */
  public RunHistory() {}

  @Override
  public Seq<SparkListener> createListeners(SparkConf conf, ElementTrackingStore store) {
    SparkListener listener = new HistoryListener(event -> store.write(event, false));
    return JavaConverters.asScalaBuffer(List.<SparkListener>of(listener)).toList();
  }

  @Override
  public void setupUI(SparkUI ui) {
    if (HistoryListener.isAny(ui.store().store())) {
      ui.attachTab(new CairnTab(ui, new BoardPages(() -> HistoryListener.board(ui.store().store()))));
    }
  }
}
