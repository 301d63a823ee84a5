/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.source.Shards.Side;
import java.math.BigInteger;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A surveyed source, and its records as they were dealt last. For the same number of workers they
 * are dealt once, and all attempts use that; for another number they are dealt anew, and the deal
 * before is given up.
 *
 * <p>So what an attempt is given depends on nothing that could have changed since the attempt
 * before: the source as it was opened, encoding, seed and counts are those of this object, and
 * Spark finds what executors keep by the number of the RDD, which is this object's, too.
 *
 * <p>Whoever makes it closes it, when no job uses its shards any more. Threading: the driver's
 * thread.
 */
final class Dealer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Dealer.class);

  /** Of less it costs nothing to speak of to read it twice. */
  private static final BigInteger LEAST_BYTES_TO_COUNT_ON_THE_WAY = BigInteger.valueOf(64 << 20);

  private final SourceTable table;
  private final ExampleEncoder encoder;
  private final SurveyPlan plan;
  private final PartitionSurvey survey;
  private Deal deal;

  private Dealer(
      SourceTable table,
      ExampleEncoder encoder,
      SurveyPlan plan,
      PartitionSurvey survey,
      Deal deal) {
    this.table = table;
    this.encoder = encoder;
    this.plan = plan;
    this.survey = survey;
    this.deal = deal;
  }

  /**
   * Surveys a source, and deals nothing yet.
   *
   * @throws DataException if it cannot be read
   */
  static Dealer surveyed(SourceTable table, ExampleEncoder encoder, SurveyPlan plan) {
    return new Dealer(table, encoder, plan, Survey.of(table, encoder, plan), null);
  }

  /**
   * Surveys a source and deals it in the same reading, where it is large enough for that to matter.
   *
   * @throws DataException if it cannot be read
   */
  static Dealer dealt(SourceTable table, ExampleEncoder encoder, SurveyPlan plan, int workers) {
    return table.guessedBytes().compareTo(LEAST_BYTES_TO_COUNT_ON_THE_WAY) < 0
        ? surveyed(table, encoder, plan)
        : countedOnTheWay(table, encoder, plan, workers);
  }

  /** The same, however small the source is. */
  static Dealer countedOnTheWay(
      SourceTable table, ExampleEncoder encoder, SurveyPlan plan, int workers) {
    Deal deal = Deal.counting(table, encoder, plan, workers);
    try {
      PartitionSurvey survey = deal.survey();
      Dealer dealer = new Dealer(table, encoder, plan, survey, deal);
      if (!dealer.isServed()) {
        LOG.info(
            "{}: its {} examples are dealt in a reading of their own: too few, or too many alike",
            table.setting(),
            survey.rows());
        dealer.close();
      }
      return dealer;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      deal.close();
      throw table.failed(e);
    }
  }

  private boolean isServed() {
    return List.of(Side.values()).stream()
        .allMatch(side -> deal.serves(side, owners(side, deal.workers())));
  }

  SourceTable table() {
    return table;
  }

  PartitionSurvey survey() {
    return survey;
  }

  BucketCounts counts(Side side) {
    return switch (side) {
      case TRAIN -> survey.train();
      case HELD_OUT -> survey.heldOut();
    };
  }

  /** A few records of a side, unscaled: those that come first where the source is read. */
  List<byte[]> first(Side side, int count) {
    return Shards.first(table, encoder, plan.ownership(), side, count);
  }

  /** An RDD of one partition a rank: its records, unscaled, in hash order. Nothing runs yet. */
  JavaRDD<byte[]> shards(Side side, int workers) {
    if (deal == null || deal.workers() != workers) {
      close();
      deal = Deal.counted(table, encoder, plan, survey, workers);
    }
    return deal.shards(side, owners(side, workers));
  }

  private ShardAssigner owners(Side side, int workers) {
    return new ShardAssigner(counts(side), workers, table.setting());
  }

  @Override
  public void close() {
    if (deal != null) {
      deal.close();
      deal = null;
    }
  }
}
