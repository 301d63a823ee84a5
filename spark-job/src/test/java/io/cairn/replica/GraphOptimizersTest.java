/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.samediff.GraphGroups;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.updater.GroupUpdater;
import io.cairn.settings.GraphSettings.Loss;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/** What settings say of optimizers holds for graphs; OnnxModelsTest has the numbers. */
class GraphOptimizersTest {

  private static final int EXAMPLES = 8;

  @TempDir Path folder;

  private static ModelSource dense(String updater) {
    SameDiff graph =
        Graphs.dense(
            DataType.FLOAT,
            Graphs.adam(),
            (it, labels) ->
                it.math().square(it.getVariable("logits").sub(labels)).sum("loss", false));
    GraphWishes wishes =
        new GraphWishes(
            new io.cairn.settings.GraphSettings(
                java.util.Optional.of("logits"),
                java.util.Optional.empty(),
                java.util.Optional.empty()),
            java.util.OptionalInt.empty(),
            List.of());
    return ModelSource.read("graph.fb", Graphs.file(graph), 0, wishes)
        .withUpdater(Updaters.settings(updater), Updaters.plan(EXAMPLES));
  }

  private static Replica replica(String updater) {
    ModelSource source = dense(updater);
    source.runLasts(6, 6);
    return new Replica(source.archive(), 0);
  }

  private static void updates(Replica replica, int from, int to) {
    for (int update = from; update < to; update++) {
      replica.clear();
      replica.accumulate(Graphs.examples(DataType.FLOAT, EXAMPLES, update), 1);
      replica.update(EXAMPLES, replica.gradientSumNorm(), OptionalDouble.empty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type = adam-w, learning-rate = 0.01, schedule { warm-up = 2, decay = cosine }, groups = [{ parameters = biases, weight-decay = 0 }]",
        "type = lamb, learning-rate = 0.01, groups = [{ layers = second, learning-rate = 0.1 }]",
        "type = nesterovs, learning-rate = 0.01",
        "type = sgd, learning-rate = 0.01, weight-decay = 0.1"
      })
  void aRunGoesOnBitForBit(String updater) throws IOException {
    try (Replica whole = replica(updater);
        Replica first = replica(updater);
        Replica second = replica(updater)) {
      updates(whole, 0, 6);
      updates(first, 0, 3);
      SavedState.goOn(second, first);
      assertThat(second.learningRate()).isEqualTo(first.learningRate());
      updates(second, 3, 6);
      assertThat(second.state().digest()).isEqualTo(whole.state().digest());
    }
  }

  @Test
  void theFileHasTheNearestThatSameDiffHasAndTheRestIsSaid() throws IOException {
    String updater =
        "type = adam-w, learning-rate = 0.01, weight-decay = 0.2, groups = [{ parameters = biases, learning-rate = 0.5 }]";
    Replica replica = replica(updater);
    assertThat(replica.learningRates()).containsEntry("biases", 0.5).containsEntry("rest", 0.01);
    updates(replica, 0, 3);
    Path file = folder.resolve("model.zip");
    replica.write(file, InputScaling.none());
    SameDiff own = SameDiff.load(new ByteArrayInputStream(graph(file)), true);
    TrainingConfig config = own.getTrainingConfig();
    assertThat(config.getUpdater()).isEqualTo(new Adam(0.01));
    assertThat(config.getIterationCount()).isEqualTo(3);
    assertThat(config.getRegularization())
        .containsExactly(new L2Regularization(1e-2), new WeightDecay(0.2, true));
    assertThat(own.getUpdaterMap()).hasSize(4);
    assertThat(dense(updater).unsaidInFile().orElseThrow())
        .contains("its Adam adds epsilon before the second moment is corrected")
        .contains("one optimizer for all variables, and the file says that of group 'rest'");
    assertThat(dense(updater).notes())
        .contains(
            "train.updater: adam-w, learning rate biases 0.5, rest 0.01 in place of the graph's optimizer");
  }

  /** A group with a decay of its own takes the graph's from none of the others. */
  @Test
  void theGraphsOwnDecayHoldsWhereAGroupHasNone() {
    String groups =
        "type = sgd, learning-rate = 0.01, groups = [{ layers = first, %s }, { layers = second, learning-rate = 0.02 }]";
    try (Replica undecayed = replica(groups.formatted("weight-decay = 0"));
        Replica decayed = replica(groups.formatted("learning-rate = 0.01"))) {
      updates(undecayed, 0, 1);
      updates(decayed, 0, 1);
      for (ParameterRange range : decayed.network().ranges()) {
        assertThat(values(decayed, range).equalsWithEps(values(undecayed, range), 0))
            .as(range.place())
            .isEqualTo(range.layer().equals("second"));
      }
    }
  }

  private static INDArray values(Replica replica, ParameterRange range) {
    return Graphs.interval(
        replica.network().parameters(), range.offset(), range.offset() + range.length());
  }

  /** What the run left is a model like any other: whoever names no optimizer goes on from it. */
  @Test
  void aModelThatARunLeftGoesOnFromItsStateAndCounts() throws IOException {
    Replica run =
        replica(
            "type = adam-w, learning-rate = 0.01, groups = [{ parameters = biases, weight-decay = 0 }]");
    updates(run, 0, 3);
    Path file = folder.resolve("model.zip");
    run.write(file, InputScaling.none());
    ModelSource left = ModelSource.read("model.zip", Files.readAllBytes(file), 0);
    try (Replica next = new Replica(left.archive(), 0)) {
      assertThat(next.iteration()).isEqualTo(3);
      assertThat(((SameDiffNetwork) next.network()).groups()).isEmpty();
      assertThat(next.network().parameters()).isEqualTo(run.network().parameters());
      for (UpdaterRange of : run.network().updaterRanges()) {
        UpdaterRange at = next.network().updaterRanges().get(of.part());
        assertThat(state(next, at.stateOf(of.parameterOffset()), of.length()))
            .isEqualTo(state(run, of.stateOffset(), of.length()));
        assertThat(state(run, of.stateOffset(), of.length()).amaxNumber().doubleValue())
            .isPositive();
      }
    }
  }

  private static INDArray state(Replica replica, long from, long length) {
    INDArray state = replica.network().updaterState();
    return Graphs.interval(state.reshape(state.length()), from, from + length);
  }

  private static byte[] graph(Path file) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
      while (!zip.getNextEntry().getName().equals("samediff.fb")) {
        continue;
      }
      return zip.readAllBytes();
    }
  }

  /** BERT's are five of 16 scales and 16 shifts, however the exporter writes them. */
  @Test
  void scalesAndShiftsAreFoundByWhatIsDoneWithThem() {
    for (int opset : new int[] {11, 13, 17}) {
      GraphModel model = OnnxFixture.BERT.model("op" + opset, Loss.SPARSE, DataType.FLOAT);
      GraphGroups groups = GraphGroups.choose(apart(), Updaters.plan(1), "bert", model).groups();
      Map<String, Long> values = new TreeMap<>();
      model
          .parameters()
          .forEach(
              parameter -> {
                GroupUpdater of = groups.updaters().get(groups.byParameter().get(parameter.name()));
                values.merge(of.group(), parameter.length(), Long::sum);
                assertThat(parameter.name().contains("LayerNorm"))
                    .as(parameter.name())
                    .isEqualTo(of.group().equals("normalization"));
              });
      assertThat(values.get("normalization")).isEqualTo(5 * (16 + 16));
    }
  }

  private static io.cairn.settings.UpdaterSettings apart() {
    return Updaters.settings(
        "type = adam-w, learning-rate = 1e-3, groups = [{ parameters = normalization, weight-decay = 0 }]");
  }

  private static ModelSource bert(int opset) {
    return ModelSource.read(
        "bert.onnx", OnnxFixture.BERT.file(opset), 0, OnnxFixture.BERT.wishes(Loss.SPARSE));
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    assertThatThrownBy(
            () ->
                dense(
                    "type = adam, learning-rate = 1e-3, groups = [{ layers = third, learning-rate = 1 }]"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "train.updater.groups: no parameters are left for the group 'third'; graph.fb has the layers first, second");
    assertThatThrownBy(
            () ->
                dense("type = adam, learning-rate = 1e-3, schedule { warm-up = 6, decay = linear }")
                    .runLasts(6, 6))
        .hasMessageContaining("train.updater.schedule.warm-up = 6 takes all of the run");
  }

  @Test
  void idsMustBeRowsOfWhatTheySelect() {
    assertThat(bert(17).indexInputs())
        .containsExactly(OptionalLong.of(40), OptionalLong.of(1 << 24), OptionalLong.of(2));
    assertThat(dense("type = sgd, learning-rate = 1").indexInputs())
        .containsExactly(OptionalLong.empty());
  }

  /** Verification trains a copy in float64, with the same optimizers and counts. */
  @Test
  void aCopyInFloat64GoesOnFromTheSameState() {
    ModelSource source =
        dense(
            "type = adam-w, learning-rate = 0.01, groups = [{ parameters = biases, weight-decay = 0 }]");
    Replica replica = new Replica(source.archive(), 0);
    updates(replica, 0, 2);
    Network wide = replica.network().quietCopies().withUpdater(DataType.DOUBLE);
    assertThat(wide.iteration()).isEqualTo(2);
    assertThat(wide.updaterRanges()).isEqualTo(replica.network().updaterRanges()).hasSize(8);
    wide.backpropagate(Graphs.examples(DataType.DOUBLE, EXAMPLES, 2));
    wide.update(EXAMPLES);
    updates(replica, 2, 3);
    assertThat(
            wide.parameters()
                .sub(replica.network().parameters().castTo(DataType.DOUBLE))
                .amaxNumber()
                .doubleValue())
        .isCloseTo(0, offset(1e-6));
    assertThat(wide.activations(Graphs.examples(DataType.DOUBLE, 4, 1), Network.Phase.TRAINING))
        .containsKey("logits");
  }
}
