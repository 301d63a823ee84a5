/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A few examples as one batch, for trying a model on a machine where it will not be trained.
 *
 * <p>Whoever makes it closes it; the batch cannot be used afterwards.
 *
 * <p>Threading: one thread.
 */
public final class ExampleSample implements AutoCloseable {

  private final Path folder;
  private final Shard shard;
  private final ValidationBatches batches;

  private ExampleSample(Path folder, Shard shard, ValidationBatches batches) {
    this.folder = folder;
    this.shard = shard;
    this.batches = batches;
  }

  /**
   * Examples of the data.
   *
   * @param records encoded as {@code layout} says, at least one
   */
  public static ExampleSample of(List<byte[]> records, ExampleLayout layout, Scaling scaling)
      throws IOException {
    Path folder = Files.createTempDirectory("cairn-check-");
    Shard shard = Shard.stage(records.iterator(), layout, scaling, folder);
    return new ExampleSample(folder, shard, ValidationBatches.start(shard, records.size()));
  }

  /** Examples made of zeros, which have the shapes and types of the real ones. */
  public static ExampleSample zeros(int examples, ExampleLayout layout) throws IOException {
    return of(Collections.nCopies(examples, zeros(layout)), layout, Scaling.none());
  }

  private static byte[] zeros(ExampleLayout layout) {
    ByteBuffer record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
    for (int i = 0; i < layout.fields().size(); i++) {
      Field field = layout.fields().get(i);
      if (field.isSequence()) {
        // As long as it may be: what takes most, and what a model may have no place for.
        record.putInt(layout.offset(i) + field.valueBytes(layout.kind()), field.maxSteps());
      }
    }
    return record.array();
  }

  /** The batch; once. */
  public MultiDataSet batch() throws InterruptedException {
    return batches.next().orElseThrow();
  }

  @Override
  public void close() throws IOException {
    try (shard;
        batches) {
      // In reverse order.
    } finally {
      Files.deleteIfExists(folder);
    }
  }
}
