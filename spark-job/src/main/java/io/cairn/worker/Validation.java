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
import io.cairn.replica.ClassTable;
import io.cairn.replica.Measured;
import io.cairn.replica.ModelSignature;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.replica.ValidationSums;
import io.cairn.telemetry.ValidationMetrics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the model on the validation examples. Each rank does its own share, then one all-reduce
 * adds exact counts.
 *
 * <p>The counts do not depend on how a rank splits its share into batches. So if a batch does not
 * fit in a rank's memory, that rank alone continues with smaller batches, from the first example
 * that is not counted yet.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the thread that made the replica.
 */
public final class Validation {

  private static final Logger LOG = LoggerFactory.getLogger(Validation.class);

  private final Replica replica;
  private final AllReduce allReduce;
  private final Shard shard;
  private final long examples;
  private int mostBatch = Integer.MAX_VALUE;

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
   * @param batch examples of one forward pass, fewer where they have once been too many
   * @throws MemoryTooSmallException if not even one fits in this rank's memory
   */
  ValidationMetrics run(long update, int epoch, int batch) throws InterruptedException {
    List<Field> outputs = shard.layout().outputs();
    ValidationSums sums = new ValidationSums(measured(replica.signature(), outputs));
    count(update, batch, sums);
    return new ValidationMetrics(update, epoch, sums.examples(), values(sums, outputs));
  }

  /** Whether an output has classes, so that {@link #classes} has something to count. */
  boolean hasClasses() {
    return isWanted()
        && tables(replica.signature(), shard.layout().outputs()).stream()
            .anyMatch(Optional::isPresent);
  }

  /**
   * A validation with tables of the classes. Every rank must call it after the same update.
   *
   * @param batch as in {@link #run}
   * @throws MemoryTooSmallException as there
   */
  Classes classes(long update, int batch) throws InterruptedException {
    List<Field> outputs = shard.layout().outputs();
    List<Optional<ClassTable>> tables = tables(replica.signature(), outputs);
    ValidationSums sums = new ValidationSums(measured(replica.signature(), outputs), tables);
    count(update, batch, sums);
    Map<Field, ClassTable> found = new LinkedHashMap<>();
    for (int i = 0; i < outputs.size(); i++) {
      Field output = outputs.get(i);
      tables.get(i).ifPresent(table -> found.put(output, table));
    }
    return new Classes(sums.examples(), values(sums, outputs), found);
  }

  /**
   * What a validation with tables has found.
   *
   * @param examples of all ranks
   * @param values as in {@link ValidationMetrics}
   * @param tables of those outputs that have classes
   */
  record Classes(long examples, Map<String, Double> values, Map<Field, ClassTable> tables) {}

  private void count(long update, int batch, ValidationSums sums) throws InterruptedException {
    mostBatch = Math.min(mostBatch, batch);
    while (sums.examples() < shard.size()) {
      mostBatch = OffHeapMemory.fitting(() -> count(sums), reason -> halved(update, reason));
    }
    reduce(update, sums);
  }

  /**
   * What a validation of a model will measure, by name.
   *
   * @param outputs as the data has them
   */
  public static Set<String> names(ModelSignature signature, List<Field> outputs) {
    return values(new ValidationSums(measured(signature, outputs)), outputs).keySet();
  }

  private static Map<String, Double> values(ValidationSums sums, List<Field> outputs) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", sums.loss());
    for (int i = 0; i < outputs.size(); i++) {
      String of = outputs.size() == 1 ? "" : "-" + outputs.get(i).name();
      sums.values(i).forEach((name, value) -> values.put(name + of, value));
    }
    return values;
  }

  private static List<Measured> measured(ModelSignature signature, List<Field> outputs) {
    List<ModelSignature.Output> model = signature.outputs();
    List<Measured> measured = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      Field field = outputs.get(i);
      Measured.Given given =
          field.encoding() instanceof Encoding.ClassIndex
              ? Measured.Given.CLASSES
              : Measured.Given.VALUES;
      // Of an image each value counts as a label.
      int columns = field.isSequence() || field.shape().size() == 1 ? field.shape().get(0) : 1;
      measured.add(Measured.of(model.get(i), given, columns));
    }
    return measured;
  }

  private static List<Optional<ClassTable>> tables(ModelSignature signature, List<Field> outputs) {
    List<Optional<ClassTable>> tables = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      ModelSignature.Measure measure = signature.outputs().get(i).measure();
      tables.add(
          outputs.get(i).encoding() instanceof Encoding.ClassIndex index
                  && measure != ModelSignature.Measure.LOSS_ALONE
              ? Optional.of(new ClassTable(index.classes(), outputs(signature.outputs().get(i))))
              : Optional.empty());
    }
    return tables;
  }

  private static ClassTable.Outputs outputs(ModelSignature.Output output) {
    boolean probabilities =
        output.measure() != ModelSignature.Measure.VALUES
            || output.labels() == ModelSignature.Labels.BINARY;
    return probabilities ? ClassTable.Outputs.PROBABILITIES : ClassTable.Outputs.VALUES;
  }

  /** Returns how many examples at a time it was. */
  private int count(ValidationSums sums) throws InterruptedException {
    int counted = Math.toIntExact(sums.examples());
    try (ValidationBatches batches =
        ValidationBatches.startAt(counted, shard, mostBatch, replica.threads())) {
      replica.validate(batches.left(), () -> batches.next().orElseThrow(), sums);
    }
    return mostBatch;
  }

  private int halved(long update, String tooLarge) {
    replica.abandonWindow();
    if (mostBatch == 1) {
      throw new MemoryTooSmallException(update, allReduce.rank());
    }
    LOG.warn(
        "validation after update {}: {} examples at a time do not fit in memory, {} are tried: {}",
        update,
        mostBatch,
        mostBatch / 2,
        tooLarge);
    return mostBatch / 2;
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
