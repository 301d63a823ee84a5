/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import io.cairn.data.Encoding;
import io.cairn.data.Field;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.replica.Replica;
import io.cairn.replica.ValidationSums;
import io.cairn.telemetry.ValidationMetrics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the model on the validation examples: each rank on its own share, then one all-reduce of
 * exact counts.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 */
final class Validation {

  private final Replica replica;
  private final AllReduce allReduce;
  private final Shard shard;
  private final long examples;

  /**
   * @param shard this rank's share
   * @param examples of all ranks; 0 for no validation
   */
  Validation(Replica replica, AllReduce allReduce, Shard shard, long examples) {
    this.replica = replica;
    this.allReduce = allReduce;
    this.shard = shard;
    this.examples = examples;
  }

  /** Whether there is anything to validate on. */
  boolean isWanted() {
    return examples > 0;
  }

  /**
   * Every rank must call it after the same update.
   *
   * @param batch examples of one forward pass
   */
  ValidationMetrics run(long update, int epoch, int batch) throws InterruptedException {
    List<Field> outputs = shard.layout().outputs();
    ValidationSums sums = new ValidationSums(outputs.size());
    try (ValidationBatches batches = ValidationBatches.start(shard, batch)) {
      for (var next = batches.next(); next.isPresent(); next = batches.next()) {
        replica.validate(next.get(), sums);
      }
    }
    reduce(update, sums);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", sums.loss());
    for (int i = 0; i < outputs.size(); i++) {
      String of = outputs.size() == 1 ? "" : "-" + outputs.get(i).name();
      if (outputs.get(i).encoding() instanceof Encoding.ClassIndex) {
        values.put("accuracy" + of, sums.accuracy(i));
      } else {
        values.put("mse" + of, sums.meanSquaredError(i));
        values.put("mae" + of, sums.meanAbsoluteError(i));
      }
    }
    return new ValidationMetrics(update, epoch, sums.examples(), values);
  }

  private void reduce(long update, ValidationSums sums) {
    BufferLayout layout =
        BufferLayout.of(
            new Section(ElementType.INT64, sums.countValues()),
            new Section(ElementType.FLOAT64, sums.sumValues()));
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
    sums.write(buffer);
    buffer.flip();
    allReduce.sum(update, buffer, layout);
    sums.read(buffer);
  }
}
