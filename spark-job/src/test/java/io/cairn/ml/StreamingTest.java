/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model scores streams. */
class StreamingTest {

  private static Dataset<Row> flowers;
  private static CairnClassificationModel model;

  @BeforeAll
  static void fit() {
    flowers = MlFixture.flowers();
    model =
        new CairnClassifier()
            .setModel(MlFixture.classifier(4, 3))
            .setMaxUpdates(3)
            .setSelfCheck(false)
            .fit(flowers);
  }

  private static Dataset<Row> stream(Path folder) {
    flowers.write().mode("overwrite").parquet(folder.resolve("in").toString());
    return MlFixture.spark()
        .readStream()
        .schema(flowers.schema())
        .parquet(folder.resolve("in").toString());
  }

  private static List<Row> expected() {
    return model.transform(flowers).select("prediction").orderBy("prediction").collectAsList();
  }

  @Test
  void directly(@TempDir Path folder) throws Exception {
    StreamingQuery query =
        model
            .transform(stream(folder))
            .writeStream()
            .format("memory")
            .queryName("scored")
            .trigger(Trigger.AvailableNow())
            .start();
    query.awaitTermination();
    SparkSession spark = MlFixture.spark();
    assertThat(spark.table("scored").select("prediction").orderBy("prediction").collectAsList())
        .isEqualTo(expected());
  }

  @Test
  void batchByBatch(@TempDir Path folder) throws Exception {
    List<Row> predictions = new CopyOnWriteArrayList<>();
    VoidFunction2<Dataset<Row>, Long> score =
        (batch, number) ->
            predictions.addAll(
                model.transform(batch).select("prediction").orderBy("prediction").collectAsList());
    StreamingQuery query =
        stream(folder).writeStream().foreachBatch(score).trigger(Trigger.AvailableNow()).start();
    query.awaitTermination();
    assertThat(predictions).isEqualTo(expected());
  }
}
