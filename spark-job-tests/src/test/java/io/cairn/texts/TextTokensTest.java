/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.texts;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.ml.CairnEstimator;
import io.cairn.ml.CairnModel;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** docs/texts.md in Java: from texts to a scored table, with the tokenizer in the JVM. */
@Tag("heavy")
class TextTokensTest {

  private static final Path ROOT = Path.of(System.getProperty("cairn.root"));

  @Test
  void textsBecomeAScoredTable() throws Exception {
    // Nothing may come from a network.
    System.setProperty("ai.djl.offline", "true");
    try (SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      Dataset<Row> texts =
          spark
              .read()
              .option("header", true)
              .option("escape", "\"")
              .csv(ROOT.resolve("conf/data/texts.csv").toString());
      Dataset<Row> rows =
          TextTokens.of(
              texts, functions.col("text"), ROOT.resolve("conf/data/texts-tokenizer.json"));
      Dataset<Row> labelled =
          new StringIndexer()
              .setInputCol("kind")
              .setOutputCol("label")
              .fit(rows)
              .transform(rows)
              .cache();
      Row first = labelled.first();
      List<Long> ids = first.getList(first.fieldIndex("input_ids"));
      // [CLS] and [SEP] of the vocabulary, and nothing that pads.
      assertThat(ids).startsWith(2L).endsWith(3L).doesNotContain(0L).hasSizeLessThanOrEqualTo(32);

      CairnModel model =
          new CairnEstimator()
              .setModel(ROOT.resolve("conf/models/texts-transformer.onnx").toString())
              .setInputs(
                  "[{ columns = input_ids, max-steps = 32 }, { columns = attention_mask, max-steps = 32 }]")
              .setOutputs("[{ columns = label, classes = 5 }]")
              .setScale("none")
              .setMicroBatchSize(16)
              .setAccumulationSteps(2)
              .setMaxEpochs(8)
              .setSettings(
                  "model.loss = sparse, train.updater { type = adam-w, learning-rate = 3e-3 }")
              .fit(labelled);
      Dataset<Row> scored = model.transform(labelled);
      assertThat(scored.columns()).contains("text", "kind", "prediction", "probability");
      double right = scored.where("prediction = label").count();
      assertThat(right / scored.count()).isGreaterThan(0.85);
    }
  }
}
