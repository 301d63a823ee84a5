/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.nio.ByteBuffer;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Records on their way into a network that scores them: a batch of fixed size, filled over and
 * over. What is not filled when the batch is taken holds copies of its first example, so that the
 * network computes with arrays of one shape whatever the number of examples, and each example's
 * result has the same bits in whatever company it is.
 *
 * <p>Owned and closed by whoever makes it.
 *
 * <p>Threading: one thread at a time.
 */
public final class RecordBatch implements AutoCloseable {
  private final BatchSlot slot;
  private final RecordScaler scaler;
  private final ByteBuffer record;
  private final byte[] first;
  private final int capacity;
  private int size;

  /**
   * An empty batch.
   *
   * @param capacity examples of a batch, at least 1
   */
  public RecordBatch(ExampleLayout layout, Scaling scaling, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a batch has at least 1 example, not " + capacity);
    }
    this.slot = new BatchSlot(layout, capacity);
    this.scaler = new RecordScaler(layout, scaling);
    this.record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
    this.first = new byte[layout.recordBytes()];
    this.capacity = capacity;
  }

  /** Empties it. */
  public void clear() {
    slot.clear();
    size = 0;
  }

  /** Examples that were added. */
  public int size() {
    return size;
  }

  /** Examples that it has room for. */
  public int capacity() {
    return capacity;
  }

  /** Whether there is no room for more. */
  public boolean isFull() {
    return size == capacity;
  }

  /**
   * Appends an example.
   *
   * @param unscaled its record, or one that begins with it; borrowed until return
   */
  public void add(byte[] unscaled) {
    if (isFull()) {
      throw new IllegalStateException("the batch is full");
    }
    if (size == 0) {
      System.arraycopy(unscaled, 0, first, 0, first.length);
    }
    append(unscaled);
    size++;
  }

  private void append(byte[] unscaled) {
    // Labels that may follow are of no matter here.
    record.put(0, unscaled, 0, first.length);
    scaler.scale(record, 0);
    slot.add(record, 0);
  }

  /**
   * The batch at its full size; its first {@link #size} examples are those that were added, of
   * which there must be one. Good until it is cleared.
   */
  public MultiDataSet filled() {
    if (size == 0) {
      throw new IllegalStateException("the batch is empty");
    }
    for (int i = size; i < capacity; i++) {
      append(first);
    }
    return slot.view();
  }

  @Override
  public void close() {
    slot.close();
  }
}
