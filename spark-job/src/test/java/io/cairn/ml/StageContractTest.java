/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.ParamsSuite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stages are what Spark's own tests of stages want, where these need no fit. */
@Tag("spark")
class StageContractTest {

  private static final FittedNetwork NOTHING =
      new FittedNetwork(new byte[0], Map.of("numClasses", 3), null);

  private static List<CairnParams> stages() {
    return List.of(
        new CairnClassifier(),
        new CairnRegressor(),
        new CairnEstimator(),
        new CairnClassificationModel("model", NOTHING),
        new CairnRegressionModel("model", NOTHING),
        new CairnModel("model", NOTHING));
  }

  @Test
  void paramsAreAsSparkWantsThem() {
    for (Params stage : stages()) {
      ParamsSuite.checkParams(stage);
    }
  }

  @Test
  void everyParamBelongsToItsStageAndSaysWhatItIs() {
    for (Params stage : stages()) {
      assertThat(stage.params()).hasSizeGreaterThan(18);
      for (Param<?> param : stage.params()) {
        assertThat(param.parent()).as("%s of %s", param.name(), stage).isEqualTo(stage.uid());
        assertThat(param.doc()).isNotBlank();
      }
    }
  }

  @Test
  void uidsAreThoseGiven() {
    assertThat(new CairnClassifier("mine").uid()).isEqualTo("mine");
    assertThat(new CairnRegressor("mine").featuresCol().parent()).isEqualTo("mine");
    assertThat(new CairnClassifier().uid()).startsWith("CairnClassifier_");
    assertThat(new CairnClassifier().uid()).isNotEqualTo(new CairnClassifier().uid());
  }

  @Test
  void estimatorsAreSavedWithTheirParams(@TempDir Path folder) {
    MlFixture.spark();
    SparkReadWrite test = new SparkReadWrite(folder);
    test.testDefaultReadWrite(
        new CairnClassifier()
            .setModel("models/net.json")
            .setNumWorkers(2)
            .setMicroBatchSize(4)
            .setAccumulationSteps(3)
            .setEffectiveBatchSize(24)
            .setMaxEpochs(5)
            .setSeed(9)
            .setCheckpointDir("state")
            .setCheckpointInterval(7)
            .setScale("1/255")
            .setClipGlobalNorm(1.5)
            .setOnNonFinite("skip")
            .setSelfCheck(false)
            .setSettings("data.class-weights = balanced")
            .setWeightCol("w")
            .setValidationIndicatorCol("v")
            .setHandleInvalid("keep")
            .setInputShape(1, 2, 2)
            .setThresholds(new double[] {0.2, 0.8}),
        true);
    test.testDefaultReadWrite(new CairnRegressor().setMaxUpdates(12), true);
    test.testDefaultReadWrite(
        new CairnEstimator()
            .setInputs("[{ columns = a }]")
            .setOutputs("[{ columns = b }]")
            .setPredictionCols("p")
            .setProbabilityCols("q"),
        true);
  }

  @Test
  void copiesHaveUidAndParams() {
    CairnClassifier classifier = new CairnClassifier().setMaxEpochs(3).setFeaturesCol("f");
    CairnClassifier copy = classifier.copy(new ParamMap().put(classifier.maxUpdates().w(9L)));
    assertThat(copy.uid()).isEqualTo(classifier.uid());
    assertThat(copy.getMaxEpochs()).isEqualTo(3);
    assertThat(copy.getFeaturesCol()).isEqualTo("f");
    assertThat(copy.getMaxUpdates()).isEqualTo(9);
    assertThat(classifier.isSet(classifier.maxUpdates())).isFalse();
  }

  @Test
  void defaultsAreDocumented() {
    CairnClassifier stage = new CairnClassifier();
    assertThat(stage.getMicroBatchSize()).isEqualTo(32);
    assertThat(stage.getMaxEpochs()).isEqualTo(10);
    assertThat(stage.getSeed()).isEqualTo(1);
    assertThat(stage.getSelfCheck()).isTrue();
    assertThat(stage.getHandleInvalid()).isEqualTo("error");
    assertThat(stage.getOnNonFinite()).isEqualTo("fail");
    assertThat(stage.explainParams())
        .contains("handleInvalid: ", "(default: error)", "maxEpochs: ", "(default: 10)");
    assertThat(Arrays.stream(stage.params()).map(Param::name))
        .contains("numWorkers", "weightCol", "validationIndicatorCol", "thresholds", "inputShape");
  }
}
