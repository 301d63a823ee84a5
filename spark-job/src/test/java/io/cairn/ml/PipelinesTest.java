/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.OneVsRest;
import org.apache.spark.ml.evaluation.MulticlassClassificationEvaluator;
import org.apache.spark.ml.feature.IndexToString;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.StringIndexerModel;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.tuning.CrossValidator;
import org.apache.spark.ml.tuning.CrossValidatorModel;
import org.apache.spark.ml.tuning.ParamGridBuilder;
import org.apache.spark.ml.tuning.TrainValidationSplit;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stages work where Spark's own do. */
@Tag("spark")
class PipelinesTest {

  private static Dataset<Row> flowers;

  @BeforeAll
  static void read() {
    flowers = MlFixture.flowers().cache();
  }

  private static CairnClassifier classifier() {
    return new CairnClassifier()
        .setModel(MlFixture.classifier(4, 3))
        .setMicroBatchSize(30)
        .setSelfCheck(false);
  }

  private static MulticlassClassificationEvaluator accuracy() {
    return new MulticlassClassificationEvaluator().setMetricName("accuracy");
  }

  @Test
  void pipelineIsSavedAndLoaded(@TempDir Path folder) throws Exception {
    Dataset<Row> named =
        flowers.selectExpr(
            "features",
            "element_at(array('setosa', 'versicolor', 'virginica'), int(label) + 1) AS kind");
    StringIndexer indexer = new StringIndexer().setInputCol("kind").setOutputCol("label");
    StringIndexerModel indexed = indexer.fit(named);
    Pipeline pipeline =
        new Pipeline()
            .setStages(
                new PipelineStage[] {
                  indexed,
                  classifier().setMaxEpochs(30),
                  new IndexToString()
                      .setInputCol("prediction")
                      .setOutputCol("said")
                      .setLabels(indexed.labelsArray()[0])
                });
    pipeline.save(folder.resolve("pipeline").toString());
    PipelineModel model = Pipeline.load(folder.resolve("pipeline").toString()).fit(named);
    model.save(folder.resolve("model").toString());
    Dataset<Row> scored = PipelineModel.load(folder.resolve("model").toString()).transform(named);
    assertThat(scored.where("said = kind").count()).isGreaterThan(120);
    assertThat(scored.select("said").collectAsList())
        .isEqualTo(model.transform(named).select("said").collectAsList());
  }

  @Test
  void crossValidatorChoosesAndIsSaved(@TempDir Path folder) throws Exception {
    CairnClassifier classifier = classifier();
    ParamMap[] grid =
        new ParamGridBuilder().addGrid(classifier.maxEpochs(), new int[] {1, 30}).build();
    CrossValidatorModel model =
        new CrossValidator()
            .setEstimator(classifier)
            .setEvaluator(accuracy())
            .setEstimatorParamMaps(grid)
            .setNumFolds(2)
            .setSeed(3)
            .setParallelism(2)
            .fit(flowers);
    assertThat(model.avgMetrics()[1]).isGreaterThan(model.avgMetrics()[0]);
    CairnClassificationModel best = (CairnClassificationModel) model.bestModel();
    assertThat(best.getMaxEpochs()).isEqualTo(30);
    model.save(folder.resolve("model").toString());
    CrossValidatorModel loaded = CrossValidatorModel.load(folder.resolve("model").toString());
    assertThat(loaded.transform(flowers).select("prediction").collectAsList())
        .isEqualTo(model.transform(flowers).select("prediction").collectAsList());
  }

  @Test
  @Tag("heavy")
  void trainValidationSplitChooses() {
    CairnClassifier classifier = classifier();
    ParamMap[] grid =
        new ParamGridBuilder().addGrid(classifier.maxUpdates(), new long[] {1, 60}).build();
    double[] metrics =
        new TrainValidationSplit()
            .setEstimator(classifier)
            .setEvaluator(accuracy())
            .setEstimatorParamMaps(grid)
            .setSeed(3)
            .fit(flowers)
            .validationMetrics();
    assertThat(metrics[1]).isGreaterThan(metrics[0]);
  }

  @Test
  @Tag("heavy")
  void oneVsRestTakesTwoClasses() {
    CairnClassifier two = classifier().setModel(MlFixture.classifier(4, 2)).setMaxEpochs(30);
    Dataset<Row> scored = new OneVsRest().setClassifier(two).fit(flowers).transform(flowers);
    assertThat(accuracy().evaluate(scored)).isGreaterThan(0.75);
  }
}
