/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.util.kvstore.KVStore;
import org.apache.spark.util.kvstore.KVStoreIterator;

/**
 * Puts a run's events of an event log into the history server's store, which may be on disk: the
 * server reads a log once, and makes pages from the store as often as it likes.
 *
 * <p>Threading: the thread that reads the log.
 */
final class HistoryListener extends SparkListener {

  private final Consumer<StoredEvent> store;
  private long number;

  HistoryListener(Consumer<StoredEvent> store) {
    this.store = store;
  }

  @Override
  public void onOtherEvent(SparkListenerEvent event) {
    if (event instanceof RunEvent ours) {
      store.accept(new StoredEvent(number++, ours));
    }
  }

  /** Whether a store has an event of a run. */
  static boolean isAny(KVStore store) {
    try {
      return store.count(StoredEvent.class) > 0;
    } catch (Exception e) {
      throw new IllegalStateException("the history server's store cannot be read", e);
    }
  }

  /** The runs of a store. */
  static RunBoard board(KVStore store) {
    RunBoard board = new RunBoard();
    try (KVStoreIterator<StoredEvent> events = store.view(StoredEvent.class).closeableIterator()) {
      while (events.hasNext()) {
        board.take(events.next().event());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException("the history server's store cannot be read", e);
    }
    return board;
  }
}
