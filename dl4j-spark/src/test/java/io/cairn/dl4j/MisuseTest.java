/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.api.InvalidJobException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.storage.StorageLevel;
import org.deeplearning4j.core.storage.impl.CollectionStatsStorageRouter;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.spark.api.TrainingMaster;
import org.deeplearning4j.spark.impl.graph.SparkComputationGraph;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/** What cannot be is refused by name, and what a master was told comes back from its JSON. */
class MisuseTest {

  private static CairnTrainingMaster.Builder plan() {
    return new CairnTrainingMaster.Builder().workers(1).batchSizePerWorker(4);
  }

  private static void refused(MultiLayerConfiguration network, List<DataSet> data, String... why) {
    SparkDl4jMultiLayer wrapper =
        new SparkDl4jMultiLayer(SparkFixture.local(), network, plan().build());
    assertThatThrownBy(() -> wrapper.fit(SparkFixture.local().parallelize(data, 1)))
        .isInstanceOf(InvalidJobException.class)
        .satisfies(e -> assertThat(e.getMessage()).contains(why));
  }

  private static void refused(DataSet data, String... why) {
    refused(Cases.classifier(DataType.FLOAT, 1), List.of(data), why);
  }

  @Test
  void settingsThatAreUnknownWrongOrTheFitsOwnAreNamed() {
    assertThatThrownBy(() -> plan().set("batch.mikro", 3).build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("batch.mikro");
    assertThatThrownBy(() -> plan().set("collective.encryption", "perhaps").build())
        .hasMessageContaining("collective.encryption");
    assertThatThrownBy(() -> plan().set("train.epochs", 3).build())
        .hasMessageContaining("train.epochs: cannot be set here: a call of fit is one epoch");
    Map<String, Integer> stage = Map.of("from-epoch", 2, "steps", 4);
    assertThatThrownBy(() -> plan().set("batch.schedule", List.of(stage)).build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(
            "batch.schedule: cannot be set here: a call of fit is one epoch; wrap the network with another training master");
    assertThatThrownBy(() -> plan().set("data.scale", "standard").build())
        .hasMessageContaining("data.scale: cannot be set here: the data sets say what they hold");
    assertThatThrownBy(
            () ->
                plan()
                    .set("train.updater", Map.of("type", "sgd", "learning-rate", 0.1))
                    .set("train", Map.of("early-stopping", Map.of("patience", 3)))
                    .set("train.validate-every-updates", 10)
                    .build())
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(
            "train.updater.type: cannot be set here: the network has its updater, whose state goes from one call of fit to the next")
        .hasMessageContaining(
            "train.early-stopping.patience: cannot be set here: a call of fit is one epoch, without validation")
        .hasMessageContaining("train.validate-every-updates: cannot be set here");
  }

  @ParameterizedTest
  @CsvSource({
    "train.updater.type, sgd, the network has its updater",
    "train.early-stopping.patience, 3, 'a call of fit is one epoch, without validation'",
    "model.fine-tune.freeze, layer0, the network is the one that the wrapper holds",
  })
  void theSessionsOwnSettingsAreHeldToTheSame(String name, String value, String why) {
    SparkConf session = SparkFixture.local().sc().conf();
    session.set("spark.cairn." + name, value);
    try {
      refused(
          Cases.classified(DataType.FLOAT, 9),
          "spark.cairn." + name + ": cannot be set here: " + why);
    } finally {
      session.remove("spark.cairn." + name);
    }
  }

  @Test
  void dataSetsThatDoNotFitAreNamedBeforeAnythingIsTrained() {
    INDArray features = Cases.numbers(1, DataType.FLOAT, 2, Cases.FEATURES);
    INDArray labels = Cases.classes(1, DataType.FLOAT, 2);
    refused(new DataSet(features, null), "labels: a data set has none");
    refused(
        Cases.classifier(DataType.FLOAT, 1),
        List.of(
            new DataSet(features, labels),
            new DataSet(Cases.numbers(1, DataType.FLOAT, 2, 7), labels)),
        "features: examples of different shapes, [5] and [7]");
    refused(
        new DataSet(features, labels, null, Nd4j.zeros(DataType.FLOAT, 2, 1)),
        "labels: a mask of shape [2, 1] that leaves values out");
    refused(Cases.classifier(DataType.FLOAT, 1), List.of(), "there is no example in any data set");
    refused(
        new DataSet(Cases.numbers(1, DataType.FLOAT, 2, 7), labels),
        "does not fit the data (inputs features [7], outputs labels [3])");
    DataSet notFinite = new DataSet(features.dup(), labels);
    notFinite.getFeatures().putScalar(0, Float.NaN);
    refused(notFinite, "column 'features'");
  }

  @Test
  void masksThatLeaveOutTheBeginningAreRefused() {
    DataSet last = Cases.tagged(3);
    last.setLabelsMaskArray(Nd4j.zeros(DataType.DOUBLE, 3, Cases.MOST_STEPS));
    last.getLabelsMaskArray().putScalar(0, Cases.MOST_STEPS - 1, 1);
    refused(
        Cases.tagger(),
        List.of(last),
        "labels: a mask with 1.0 at step 5 after a step that is left out",
        "LastTimeStep");
    DataSet unmasked = Cases.tagged(3);
    unmasked.setLabelsMaskArray(null);
    refused(
        Cases.tagger(),
        List.of(unmasked),
        "labels: no mask, where the features have one that leaves steps out");
  }

  @Test
  void aDataSetOfAnotherNumberOfArraysIsRefused() {
    SparkComputationGraph wrapper =
        new SparkComputationGraph(SparkFixture.local(), Cases.graph(), plan().build());
    assertThatThrownBy(
            () ->
                wrapper.fit(
                    SparkFixture.local()
                        .parallelize(List.of(Cases.classified(DataType.DOUBLE, 3)), 1)))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining(
            "features: a data set has 1 arrays, the network takes 2 (features of input left, features of input right)");
  }

  @Test
  void moreWorkersThanTheSessionHasAreRefusedWithWhatWouldFit() {
    SparkDl4jMultiLayer wrapper =
        new SparkDl4jMultiLayer(
            SparkFixture.local(), Cases.classifier(DataType.FLOAT, 1), plan().workers(3).build());
    assertThatThrownBy(
            () ->
                wrapper.fit(
                    SparkFixture.local()
                        .parallelize(List.of(Cases.classified(DataType.FLOAT, 9)), 1)))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("batch.workers = 3");
  }

  @Test
  void whatMakesNoSenseForOneUpdateOfAllWorkersIsRefused() {
    TrainingMaster<?, ?> master = plan().build();
    assertThatThrownBy(() -> master.addHook(null))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("hooks run before and after each micro-batch's own update");
    assertThatThrownBy(() -> master.getWorkerInstance((SparkDl4jMultiLayer) null))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("call fit of the wrapper");
    assertThatThrownBy(
            () -> master.setListeners(new CollectionStatsStorageRouter(null, null, null), null))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("a StatsStorageRouter");
    assertThat(master.deleteTempFiles(SparkFixture.local())).isTrue();
  }

  @Test
  void jsonAndYamlAreTheSameMasterAgain() {
    CairnTrainingMaster master =
        plan()
            .accumulationSteps(8)
            .rngSeed(1L << 40)
            .collectiveTimeout(Duration.ofSeconds(90))
            .clipGlobalNorm(1.5)
            .checkpointEveryUpdates(10)
            .storageLevel(StorageLevel.DISK_ONLY())
            .collectTrainingStats(true)
            .set("collective.port-range", "40000-40063")
            .set("recovery", Map.of("max-attempts", 3))
            .build();
    CairnTrainingMaster ofJson = CairnTrainingMaster.fromJson(master.toJson());
    CairnTrainingMaster ofYaml = CairnTrainingMaster.fromYaml(master.toYaml());
    assertThat(ofJson.toJson()).isEqualTo(master.toJson());
    assertThat(ofYaml.toJson()).isEqualTo(master.toJson());
    assertThat(ofJson).isEqualTo(master).hasToString(master.toString());
    assertThat(ofYaml).isEqualTo(master);
    assertThat(ofJson.getIsCollectTrainingStats()).isTrue();
    assertThatThrownBy(() -> CairnTrainingMaster.fromJson("{\"batchSize\": 3}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not the JSON of a CairnTrainingMaster");
  }
}
