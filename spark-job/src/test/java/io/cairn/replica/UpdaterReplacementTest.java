/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.settings.UpdaterType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;

/** {@code train.updater} in place of the model's own optimizer. */
class UpdaterReplacementTest {

  private static final int EXAMPLES = 25;

  @TempDir Path folder;

  private static ModelSource source(String json, String updater) {
    ModelSource source =
        ModelSource.read("test", Configurations.bytes(json), 5)
            .withUpdater(Updaters.settings(updater), Updaters.plan(EXAMPLES));
    source.runLasts(12, 4);
    return source;
  }

  private static Replica replica(String json, String updater, int threads) {
    byte[] archive = source(json, updater).archive();
    return new Replica(() -> new ByteArrayInputStream(archive), 16, threads);
  }

  private static void update(Replica replica, DataSet data) {
    replica.clear();
    List<org.nd4j.linalg.dataset.MultiDataSet> batches = new ArrayList<>();
    for (int from = 0; from < EXAMPLES; from += 10) {
      batches.add(Configurations.rows(data, from, Math.min(EXAMPLES, from + 10)));
    }
    try {
      replica.accumulate(batches.size(), batches.iterator()::next, pass -> pass);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    replica.update(EXAMPLES, replica.gradientSumNorm(), OptionalDouble.empty());
  }

  private static void updates(Replica replica, int from, int to) {
    for (int update = from; update < to; update++) {
      update(replica, Configurations.examples(EXAMPLES, update + 1));
    }
  }

  private static double distance(INDArray a, INDArray b) {
    return a.reshape(a.length()).sub(b.reshape(b.length())).amaxNumber().doubleValue();
  }

  private static IUpdater nd4j(UpdaterType type) {
    return switch (type) {
      case SGD -> new Sgd(0.01);
      case NESTEROVS -> new Nesterovs(0.01);
      case ADAM -> new Adam(0.01);
      case ADA_MAX -> new AdaMax(0.01);
      case NADAM -> new Nadam(0.01);
      case AMS_GRAD -> new AMSGrad(0.01);
      case ADA_GRAD -> new AdaGrad(0.01);
      case ADA_DELTA -> new AdaDelta();
      case RMS_PROP -> new RmsProp(0.01);
      case NO_OP -> new NoOp();
      case ADAM_W, LAMB -> throw new IllegalArgumentException("not ND4J's");
    };
  }

  @Test
  void theOptimizersOfNd4jAreThoseByNameWithTheirDefaults() {
    for (UpdaterType type : UpdaterType.values()) {
      if (type == UpdaterType.ADAM_W || type == UpdaterType.LAMB) {
        continue;
      }
      IUpdater own = nd4j(type);
      if (own instanceof Nesterovs nesterovs) {
        nesterovs.setLearningRate(0.01);
        nesterovs.setMomentum(Nesterovs.DEFAULT_NESTEROV_MOMENTUM);
      }
      MultiLayerNetwork plain =
          new MultiLayerNetwork(
              MultiLayerConfiguration.fromJson(
                  Configurations.dense(Configurations.base().l2(1e-3).updater(own))));
      plain.init();
      String rate = type.hasLearningRate() ? ", learning-rate = 0.01" : "";
      String other = Configurations.dense(Configurations.base().l2(1e-3).biasUpdater(new Sgd(9)));
      try (Replica replica = replica(other, "type = " + type.word() + rate, 1)) {
        for (int update = 0; update < 6; update++) {
          DataSet data = Configurations.examples(EXAMPLES, update + 1);
          plain.fit(data);
          update(replica, data);
        }
        assertThat(distance(replica.network().parameters(), plain.params()))
            .as(type.word())
            .isLessThan(1e-12);
      }
    }
  }

  @Test
  void everyOptimizerOfNd4jHasANameButTheOneThatDeeplearning4jCannotMake() throws IOException {
    assertThat(
            Arrays.stream(UpdaterType.values())
                .filter(type -> type != UpdaterType.ADAM_W && type != UpdaterType.LAMB)
                .map(type -> nd4j(type).getClass().getSimpleName()))
        .containsExactlyInAnyOrderElementsOf(
            onTheClassPath().stream().filter(name -> !name.equals("AdaBelief")).toList());
    String json = Configurations.dense(Configurations.base().updater(new AdaBelief(0.01)));
    assertThatThrownBy(() -> Configurations.replica(json)).hasMessageContaining("out of bounds");
  }

  /** The updaters that ND4J has. */
  private static List<String> onTheClassPath() throws IOException {
    List<String> updaters = new ArrayList<>();
    String folder = IUpdater.class.getPackageName().replace('.', '/') + "/";
    try (JarFile jar =
        new JarFile(IUpdater.class.getProtectionDomain().getCodeSource().getLocation().getPath())) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        String file = entry.getName();
        if (file.startsWith(folder) && file.endsWith(".class") && !file.contains("$")) {
          Class<?> type = Class.forName(file.replace(".class", "").replace('/', '.'));
          if (IUpdater.class.isAssignableFrom(type) && !type.isInterface()) {
            updaters.add(type.getSimpleName());
          }
        }
      }
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
    return updaters;
  }

  @Test
  void thePageNamesThemAll() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "optimizers.md"));
    for (UpdaterType type : UpdaterType.values()) {
      assertThat(page).contains("`" + type.word() + "`");
    }
  }

  /** Whatever has a state in the file has it in Deeplearning4j's order. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"ADAM_W", "LAMB"})
  void plainDeeplearning4jGoesOnWithEveryOptimizer(UpdaterType type) throws IOException {
    plainDeeplearning4jGoesOnFromTheFile(
        "type = " + type.word() + (type.hasLearningRate() ? ", learning-rate = 0.01" : ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type = nesterovs, learning-rate = 0.05, schedule { decay = step, every = 4 }",
        "type = adam, learning-rate = 0.01, schedule { warm-up = 3, decay = cosine }",
        "type = adam, learning-rate = 0.01, schedule { by = epochs, decay = linear, end = 0.1 }",
        "type = ams-grad, learning-rate = 0.01, weight-decay = 0.1, groups = ["
            + "{ layers = layer1, learning-rate = 0.002 }]",
        "type = adam, learning-rate = 0.01, groups = ["
            + "{ parameters = biases, weight-decay = 0.2 }, { layers = layer1, weight-decay = 0.3 }]",
        "type = ada-delta, weight-decay = 0.01",
      })
  void plainDeeplearning4jGoesOnFromTheFile(String updater) throws IOException {
    Path file = folder.resolve("model.zip");
    String json = Configurations.dense(Configurations.base().l2(1e-3));
    assertThat(source(json, updater).unsaidInFile()).isEmpty();
    try (Replica replica = replica(json, updater, 1)) {
      updates(replica, 0, 5);
      replica.epochDone();
      replica.write(file, InputScaling.none());
      MultiLayerNetwork plain = MultiLayerNetwork.load(file.toFile(), true);
      for (int update = 5; update < 11; update++) {
        DataSet data = Configurations.examples(EXAMPLES, update + 1);
        plain.fit(data);
        update(replica, data);
      }
      assertThat(distance(replica.network().parameters(), plain.params())).isLessThan(1e-12);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type = adam-w, learning-rate = 0.1 | its Adam adds epsilon before",
        "type = lamb, learning-rate = 0.1 | it has no LAMB, and the file says Adam",
        "type = sgd, learning-rate = 0.1, schedule { decay = linear, length = 9000 } | no such schedule"
      })
  void whatTheFileCannotSayIsSaid(String updater, String sentence) throws IOException {
    Path file = folder.resolve("model.zip");
    ModelSource source = source(Configurations.dense(), updater);
    assertThat(source.unsaidInFile().orElseThrow()).contains(sentence);
    Replica replica = new Replica(source.archive(), 16);
    updates(replica, 0, 2);
    replica.write(file, InputScaling.none());
    MultiLayerNetwork plain = MultiLayerNetwork.load(file.toFile(), true);
    assertThat(distance(plain.params(), replica.network().parameters())).isZero();
    String name =
        plain.getLayer(0).conf().getLayer() instanceof BaseLayer layer
            ? layer.getIUpdater().getClass().getPackageName()
            : "";
    assertThat(name).isEqualTo("org.nd4j.linalg.learning.config");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type = adam-w, learning-rate = 0.01, schedule { warm-up = 3, decay = cosine }",
        "type = lamb, learning-rate = 0.01, groups = [{ parameters = biases, weight-decay = 0 }]",
        "type = nesterovs, learning-rate = 0.01, schedule { decay = one-cycle }"
      })
  void aRunGoesOnBitForBitAfterAnyUpdate(String updater) throws IOException {
    for (int stop = 1; stop < 8; stop++) {
      try (Replica whole = replica(Configurations.dense(), updater, 1);
          Replica first = replica(Configurations.dense(), updater, 2);
          Replica second = replica(Configurations.dense(), updater, 3)) {
        updates(whole, 0, 8);
        updates(first, 0, stop);
        SavedState.goOn(second, first);
        assertThat(second.learningRate()).isEqualTo(first.learningRate());
        updates(second, stop, 8);
        assertThat(second.state().digest()).isEqualTo(whole.state().digest());
      }
    }
  }

  @Test
  void aTrainedModelBeginsAtItsFirstUpdateAgain() throws IOException {
    Path file = folder.resolve("model.zip");
    Replica trained = Configurations.replica(Configurations.dense());
    updates(trained, 0, 3);
    trained.epochDone();
    trained.write(file, InputScaling.none());
    ModelSource source =
        ModelSource.read("model.zip", java.nio.file.Files.readAllBytes(file), 5)
            .withUpdater(
                Updaters.settings("type = adam, learning-rate = 0.1"), Updaters.plan(EXAMPLES));
    Replica next = new Replica(source.archive(), 16);
    assertThat(next.iteration()).isZero();
    assertThat(next.epoch()).isZero();
    assertThat(next.network().updaterState().amaxNumber().doubleValue()).isZero();
    assertThat(next.network().parameters()).isEqualTo(trained.network().parameters());
  }

  @Test
  void aWeightDecayOfTheModelsOwnStaysUnlessTheSettingsGiveOne() {
    String json = Configurations.dense(Configurations.base().weightDecay(0.5));
    ModelSource kept = source(json, "type = sgd, learning-rate = 0.1");
    assertThat(kept.notes()).noneMatch(note -> note.contains("weight decay"));
    ModelSource replaced = source(json, "type = sgd, learning-rate = 0.1, weight-decay = 0");
    assertThat(replaced.notes())
        .contains(
            "the weight decay of layers layer0, layer1 is that of train.updater, not the model's own");
    try (Replica with = new Replica(kept.archive(), 16);
        Replica without = new Replica(replaced.archive(), 16);
        Replica none =
            replica(
                Configurations.dense(Configurations.base()),
                "type = sgd, learning-rate = 0.1",
                1)) {
      updates(with, 0, 2);
      updates(without, 0, 2);
      updates(none, 0, 2);
      assertThat(distance(without.network().parameters(), none.network().parameters())).isZero();
      assertThat(distance(with.network().parameters(), none.network().parameters()))
          .isGreaterThan(1e-3);
    }
  }

  @Test
  void aGroupThatFitsNothingIsRefusedWithTheLayersThatThereAre() {
    assertThatThrownBy(
            () ->
                source(
                    Configurations.dense(),
                    "type = sgd, learning-rate = 1, groups = [{ layers = [\"embed*\"], weight-decay = 0 }]"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no parameters are left for the group 'embed*'")
        .hasMessageContaining("layer0, layer1");
    assertThatThrownBy(
            () ->
                source(
                    Configurations.centerLoss(),
                    "type = sgd, learning-rate = 1, groups = [{ parameters = biases, weight-decay = 0 }]"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("layer layer1 of test has one optimizer for weights and biases");
  }

  @Test
  void aWarmUpThatTakesTheWholeRunIsRefused() {
    assertThatThrownBy(
            () ->
                source(
                    Configurations.dense(),
                    "type = sgd, learning-rate = 1, schedule { warm-up = 12, decay = linear }"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "train.updater.schedule.warm-up = 12 takes all of the run, which has 12");
  }

  @Test
  void layersOfEveryBuildHaveTheOptimizerOfTheSettings() {
    // What is nested (directions of a recurrent layer, wrappers) has it too, and frozen layers
    // none.
    for (NeuralNetConfiguration layer :
        ModelConfiguration.parse(
                "t",
                ((Dl4jNetwork)
                        replica(Configurations.batchNorm(), "type = lamb, learning-rate = 1", 1)
                            .network())
                    .configurationJson())
            .layers()) {
      assertThat(((BaseLayer) layer.getLayer()).getIUpdater().getClass().getSimpleName())
          .isEqualTo("GroupUpdater");
    }
  }
}
