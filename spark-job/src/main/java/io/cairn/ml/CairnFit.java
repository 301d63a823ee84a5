/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.api.InvalidJobException;
import io.cairn.api.TrainingJob;
import io.cairn.api.TrainingJobBuilder;
import io.cairn.api.TrainingResult;
import io.cairn.api.TrainingStoppedException;
import io.cairn.plan.StagedPlan;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;

/**
 * A fit as a training job: what a stage's params and a data frame say, said to the job, and what
 * the job answers, said in the manner of Spark ML: where validations are watched the model is that
 * of the best one, because a stage has one model and nobody else would see the other.
 *
 * <p>Used once. Threading: blocks its caller. Failure: an IllegalArgumentException where params,
 * columns, labels or the network are wrong; what the job throws where training fails.
 */
final class CairnFit {

  private final CairnParams stage;
  private final Dataset<Row> rows;
  private final ModelParam model;
  private final Map<String, Object> data;
  private final List<String> columns;

  /**
   * @param stage whose params count
   * @param rows to train on, and to validate with where a column says so
   * @param model the network that is trained
   * @param data which columns mean what, as settings
   * @param columns all columns that are used
   */
  CairnFit(
      CairnParams stage,
      Dataset<?> rows,
      ModelParam model,
      Map<String, Object> data,
      List<String> columns) {
    this.stage = stage;
    this.rows = rows.toDF();
    this.model = model;
    this.data = data;
    this.columns = List.copyOf(columns);
  }

  /**
   * What came of it.
   *
   * @param network the Deeplearning4j file
   * @param summary how it came about
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Fitted(byte[] network, CairnTrainingSummary summary) {}

  /** Trains. */
  Fitted run() {
    long begun = System.nanoTime();
    try {
      Map<String, Object> values = new LinkedHashMap<>(ParamSettings.training(stage));
      values.putAll(ParamSettings.data(stage));
      values.putAll(data);
      if (stage.isDefined(stage.checkpointDir())) {
        values.put("output", stage.getCheckpointDir());
        values.put(
            "output", new FitDigest(stage, model).directory(rows, columns, plan(values), values));
      }
      TrainingJob job = job(values);
      FitWatch.current().begins(job);
      TrainingResult result = job.run();
      return new Fitted(
          result.bestModelZip().orElse(result.modelZip()),
          new CairnTrainingSummary(result, Duration.ofNanos(System.nanoTime() - begun)));
    } catch (InvalidJobException e) {
      throw StageErrors.of(stage, e.problems(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrainingStoppedException(stage.uid() + ": the thread that fits was interrupted");
    }
  }

  private StagedPlan plan(Map<String, Object> values) {
    return job(values).plan().plan();
  }

  private TrainingJob job(Map<String, Object> values) {
    TrainingJobBuilder builder = TrainingJob.on(rows.sparkSession());
    values.forEach(builder::set);
    model.give(builder);
    builder.listener(FitWatch.current().listener());
    if (ParamSettings.isNamed(stage, stage.validationIndicatorCol())) {
      Column validates = indicator(stage.getValidationIndicatorCol());
      builder.train(rows.where(functions.not(validates))).validation(rows.where(validates));
    } else {
      builder.train(rows);
    }
    return builder.build();
  }

  /** A row of which it is not known what it is for is an error. */
  private Column indicator(String column) {
    Column given = rows.col(column);
    return functions
        .when(
            given.isNull(),
            functions.raise_error(
                functions.lit(
                    "validationIndicatorCol %s is null; it must be true or false"
                        .formatted(column))))
        .otherwise(given);
  }
}
