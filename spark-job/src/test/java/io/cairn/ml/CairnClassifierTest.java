/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** A classifier learns, and its model scores. */
class CairnClassifierTest {

  private static CairnClassifier classifier() {
    return new CairnClassifier()
        .setModel(MlFixture.classifier(4, 5, 4, 3))
        .setMaxEpochs(20)
        .setMicroBatchSize(16)
        .setSelfCheck(false);
  }

  @Test
  void learns() {
    Dataset<Row> flowers = MlFixture.flowers();
    CairnClassificationModel model = classifier().fit(flowers);
    Dataset<Row> scored = model.transform(flowers);
    scored.printSchema();
    scored.show(5, false);
    double accuracy =
        new MulticlassClassificationEvaluator().setMetricName("accuracy").evaluate(scored);
    assertThat(accuracy).isGreaterThan(0.9);
  }
}
