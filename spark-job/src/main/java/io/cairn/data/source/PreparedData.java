/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.DatasetInfo;
import io.cairn.data.ElementKind;
import io.cairn.data.ModelDemand;
import io.cairn.settings.DataSettings;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Data that has been read once and found valid. It knows layout, scaling and exact counts, and
 * makes the shards for any number of workers.
 *
 * <p>For the same number of workers, {@link #trainShards} and {@link #validationShards} have the
 * same number of partitions, so that they can be zipped into one barrier stage. What was dealt is
 * kept on the executors' disks, so that another attempt needs to have dealt again only what was
 * lost with an executor.
 *
 * <p>Whoever prepares it closes it when no job uses its shards any more, and the session is still
 * there: then the executors' disks are free again.
 *
 * <p>Threading: the driver's thread.
 */
public final class PreparedData implements AutoCloseable {
  private final JavaSparkContext context;
  private final DatasetInfo info;
  private final Part train;
  private final Optional<Part> validation;
  private final List<String> notes;
  private boolean isDealt;

  PreparedData(
      JavaSparkContext context,
      DatasetInfo info,
      Part train,
      Optional<Part> validation,
      List<String> notes) {
    this.context = context;
    this.info = info;
    this.train = train;
    this.validation = validation;
    this.notes = List.copyOf(notes);
  }

  /**
   * Opens the sources and surveys them: one pass over each. Who wants to look at their layout
   * before that, or to have them dealt, has {@link OpenedData}.
   *
   * @param frames what a program gives, where the settings name data frames
   * @param kind the network's number format
   * @param demand what the model wants, for as many inputs and outputs as the settings have
   * @param workers how many ranks there will be; there must be an example for each
   * @param seed the run's seed
   * @throws DataException naming all that is wrong with the data
   */
  public static PreparedData prepare(
      SparkSession spark,
      Frames frames,
      DataSettings settings,
      ElementKind kind,
      ModelDemand demand,
      int workers,
      long seed) {
    try (OpenedData opened =
        OpenedData.open(spark, frames, settings, kind, demand, workers, seed)) {
      return opened.survey();
    }
  }

  /** What is allowed, and perhaps not meant, a sentence each. */
  public List<String> notes() {
    return notes;
  }

  /** Layout, scaling and exact counts. */
  public DatasetInfo info() {
    return info;
  }

  /** A few of the training records, unscaled, read again from the start of the source. */
  public List<byte[]> firstTrainRecords(int count) {
    return train.first(count);
  }

  /**
   * The training records, unscaled: partition r holds exactly the {@link io.cairn.plan.ShardRange}
   * of rank r in hash order, a function of data and seed alone. Nothing runs until the RDD is used;
   * then one shuffle does, for the validation's shards, too, where they are held out of the same
   * source. For the same number of workers as before, what executors still have is used.
   *
   * <p>From the second call on files are looked at before, those of the validation too: Spark would
   * read each only as far as it went when it was listed.
   *
   * @throws DataException if files are gone, or longer or shorter
   */
  public JavaRDD<byte[]> trainShards(int workers) {
    if (isDealt) {
      train.table().requireSameFiles();
      validation
          .map(Part::table)
          .filter(table -> table != train.table())
          .ifPresent(SourceTable::requireSameFiles);
    }
    isDealt = true;
    return train.shards(workers);
  }

  /**
   * The validation records, in the same way; partitions without records if no validation was asked
   * for.
   */
  public JavaRDD<byte[]> validationShards(int workers) {
    return validation
        .map(part -> part.shards(workers))
        .orElseGet(() -> context.parallelize(List.<byte[]>of(), workers));
  }

  @Override
  public void close() {
    train.dealer().close();
    validation.ifPresent(part -> part.dealer().close());
  }
}
