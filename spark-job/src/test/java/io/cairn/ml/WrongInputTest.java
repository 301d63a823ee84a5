/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.ml.attribute.NominalAttribute;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is wrong is an IllegalArgumentException that names it, before the network is trained. */
class WrongInputTest {

  private static Dataset<Row> flowers;

  @BeforeAll
  static void read() {
    flowers = MlFixture.flowers();
  }

  private static CairnClassifier classifier() {
    return new CairnClassifier("c").setModel(MlFixture.classifier(4, 3)).setMaxUpdates(1);
  }

  private static void refused(ThrowingCallable fit, String... says) {
    assertThatThrownBy(fit)
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(says));
  }

  /** Refused, and Spark has not been asked for anything. */
  private static void refusedAtOnce(ThrowingCallable fit, String... says) {
    AtomicInteger jobs = new AtomicInteger();
    SparkListener counts =
        new SparkListener() {
          @Override
          public void onJobStart(SparkListenerJobStart start) {
            jobs.incrementAndGet();
          }
        };
    MlFixture.spark().sparkContext().addSparkListener(counts);
    try {
      refused(fit, says);
      MlFixture.spark().sparkContext().listenerBus().waitUntilEmpty();
      assertThat(jobs).hasValue(0);
    } catch (TimeoutException e) {
      throw new AssertionError("Spark's listeners are behind", e);
    } finally {
      MlFixture.spark().sparkContext().removeSparkListener(counts);
    }
  }

  @Test
  void params() {
    refusedAtOnce(() -> classifier().setNumWorkers(0), "numWorkers", "0");
    refusedAtOnce(() -> classifier().setHandleInvalid("drop"), "handleInvalid", "drop");
    refusedAtOnce(() -> classifier().setInputShape(2, 0), "inputShape");
    refusedAtOnce(() -> new CairnClassifier().fit(flowers), "model is not set");
    refusedAtOnce(
        () -> classifier().setModel("no/such/net.json").fit(flowers),
        "model = ",
        "no/such/net.json",
        "no such file");
    refusedAtOnce(() -> classifier().setModel("{ }").fit(flowers), "c: ", "model");
    refusedAtOnce(
        () -> classifier().setMaxEpochs(2).fit(flowers), "maxEpochs = 2", "maxUpdates = 1");
    refusedAtOnce(
        () -> classifier().setThresholds(new double[] {0.5, 0.5}).fit(flowers),
        "thresholds has 2 values, and there are 3 classes");
  }

  @Test
  void batchThatDoesNotWorkOut() {
    refusedAtOnce(
        () -> classifier().setEffectiveBatchSize(50).setMicroBatchSize(32).fit(flowers),
        "effectiveBatchSize (batch.effective)");
  }

  @Test
  void settingsThatAreNoneOrAreSaidElsewhere() {
    refusedAtOnce(() -> classifier().setSettings("train.epoch = 3").fit(flowers), "train.epoch");
    refusedAtOnce(
        () -> classifier().setSettings("seed = 3").fit(flowers),
        "seed = 3 has a param of its own: seed");
    refusedAtOnce(
        () -> classifier().setSettings("data.train.path = x").fit(flowers),
        "data.train.path = x cannot be given here");
    refusedAtOnce(
        () -> classifier().setSettings("spark.executor.memory = 2g").fit(flowers),
        "belongs to the session");
    refusedAtOnce(() -> classifier().setSettings("a = {").fit(flowers), "settings");
  }

  @Test
  void columns() {
    refusedAtOnce(() -> classifier().setFeaturesCol("f").fit(flowers), "f does not exist");
    refusedAtOnce(() -> classifier().setLabelCol("l").fit(flowers), "l does not exist");
    refusedAtOnce(() -> classifier().setWeightCol("w").fit(flowers), "w does not exist");
    refusedAtOnce(
        () -> classifier().setFeaturesCol("label").fit(flowers),
        "Column label must be a vector or an array of numbers",
        "double");
    Dataset<Row> texts = flowers.withColumn("label", col("label").cast("string"));
    refusedAtOnce(() -> classifier().fit(texts), "label", "string");
    refusedAtOnce(
        () -> classifier().setValidationIndicatorCol("label").fit(flowers), "label", "boolean");
    refusedAtOnce(() -> classifier().fit(flowers.withColumn("prediction", lit(1))), "prediction");
  }

  @Test
  void labels() {
    refused(
        () -> classifier().fit(flowers.withColumn("label", col("label").plus(1))), "label", "3");
    refused(() -> classifier().fit(flowers.withColumn("label", col("label").plus(0.5))), "label");
    refused(() -> classifier().fit(flowers.withColumn("label", lit(null).cast("int"))), "label");
    Dataset<Row> five =
        flowers.withColumn(
            "label",
            col("label")
                .as(
                    "label",
                    NominalAttribute.defaultAttr()
                        .withName("label")
                        .withNumValues(5)
                        .toMetadata()));
    refusedAtOnce(() -> classifier().fit(five), "the network tells 3 classes apart", "label has 5");
  }

  @Test
  void networksThatDoNotFit() {
    refused(() -> classifier().setModel(MlFixture.classifier(7, 3)).fit(flowers), "7");
    refusedAtOnce(
        () -> new CairnRegressor().setModel(MlFixture.regressor(4, 2)).fit(flowers),
        "2 units",
        "CairnEstimator");
  }

  @Test
  void indicatorWithoutAnAnswer() {
    Dataset<Row> unsure = flowers.withColumn("v", lit(null).cast("boolean"));
    assertThatThrownBy(() -> classifier().setValidationIndicatorCol("v").fit(unsure))
        .satisfies(
            e ->
                assertThat(MlFixture.messages(e))
                    .anyMatch(it -> it.contains("validationIndicatorCol v is null")));
  }
}
