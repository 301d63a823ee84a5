/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.samediff.GraphFeed;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.GraphSettings.NormaliseBy;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.loss.LossReduce;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;

/** The promise: a SameDiff graph trains as plain SameDiff does with the whole batch. */
class SameDiffNetworkTest {

  private static final OptionalDouble UNCLIPPED = OptionalDouble.empty();

  private static SDVariable crossEntropy(SameDiff graph, SDVariable labels, LossReduce reduce) {
    return graph
        .loss()
        .softmaxCrossEntropy("loss", labels, graph.getVariable("logits"), null, reduce, 0);
  }

  /** Losses of a graph's own that are trained. */
  private enum Own {
    MEAN((graph, labels) -> crossEntropy(graph, labels, LossReduce.MEAN_BY_NONZERO_WEIGHT_COUNT)),
    SUM((graph, labels) -> crossEntropy(graph, labels, LossReduce.SUM)),
    WRITTEN_OUT(
        (graph, labels) ->
            graph.math().square(graph.getVariable("logits").sub(labels)).mean("loss"));

    @SuppressWarnings("ImmutableEnumChecker") // functions that keep nothing
    private final BiFunction<SameDiff, SDVariable, SDVariable> loss;

    Own(BiFunction<SameDiff, SDVariable, SDVariable> loss) {
      this.loss = loss;
    }

    GraphWishes wishes() {
      return this == WRITTEN_OUT
          ? new GraphWishes(
              new io.cairn.settings.GraphSettings(
                  Optional.of("logits"), Optional.empty(), Optional.empty()),
              java.util.OptionalInt.empty(),
              java.util.List.of())
          : GraphWishes.NONE;
    }
  }

  @ParameterizedTest
  @EnumSource
  void raggedMicroBatchesEqualFitOnTheWholeBatch(Own own) {
    for (IUpdater updater :
        new IUpdater[] {Graphs.adam(), new Sgd(0.1), new Nesterovs(0.05, 0.9)}) {
      SameDiff plain = Graphs.dense(DataType.DOUBLE, updater, own.loss);
      byte[] file = Graphs.file(plain);
      ModelSource source = ModelSource.read("graph.fb", file, 0, own.wishes());
      Replica replica = new Replica(source.archive(), 0);
      for (int update = 0; update < 6; update++) {
        MultiDataSet all = Graphs.examples(DataType.DOUBLE, 8, update);
        plain.fit(all);
        replica.clear();
        replica.accumulate(Graphs.part(all, 0, 3), 1);
        replica.accumulate(Graphs.part(all, 3, 8), 2);
        replica.update(8, replica.gradientSumNorm(), UNCLIPPED);
      }
      GraphModel model = ((SameDiffNetwork) replica.network()).model();
      for (GraphParameter parameter : model.parameters()) {
        INDArray ours = GraphModel.view(replica.network().parameters(), parameter);
        INDArray theirs = plain.getVariable(parameter.name()).getArr();
        assertThat(ours.sub(theirs).amaxNumber().doubleValue())
            .as("%s by %s", parameter.name(), updater)
            .isLessThan(1e-13);
      }
      assertThat(replica.network().iteration()).isEqualTo(6);
    }
  }

  /** By the loss itself, which is written out here a second time. */
  @ParameterizedTest
  @EnumSource(Loss.class)
  void lossBySettingsIsTheSumOverExamplesAndItsGradientIsRight(Loss loss) {
    boolean tokens = loss == Loss.TOKEN_CROSS_ENTROPY;
    SameDiff graph = tokens ? Graphs.tokens(DataType.DOUBLE, false) : Graphs.dense(DataType.DOUBLE);
    SameDiffNetwork network = Graphs.network(graph, Graphs.wishes(loss));
    MultiDataSet batch =
        switch (loss) {
          case TOKEN_CROSS_ENTROPY -> Graphs.sentences(DataType.DOUBLE, 5, 9, 3, false);
          case SPARSE -> Graphs.indexed(DataType.DOUBLE, 5, 3);
          default -> Graphs.examples(DataType.DOUBLE, 5, 3);
        };
    double sum = network.backpropagate(batch);
    assertThat(sum).isCloseTo(expected(loss, network, batch), offset(1e-11));
    assertThat(network.loss(batch)).isCloseTo(sum, offset(1e-12));
    assertThat(network.terms(batch))
        .isEqualTo(tokens ? batch.getLabelsMaskArray(0).sumNumber().doubleValue() : 5);
    INDArray gradient = network.gradient().dup();
    double step = 1e-6;
    for (long i = 0; i < gradient.length(); i += 3) {
      double before = network.parameters().getDouble(i);
      network.parameters().putScalar(i, before + step);
      double above = network.loss(batch);
      network.parameters().putScalar(i, before - step);
      double below = network.loss(batch);
      network.parameters().putScalar(i, before);
      assertThat(gradient.getDouble(i))
          .as("value %d", i)
          .isCloseTo((above - below) / (2 * step), offset(1e-8));
    }
  }

  private static double expected(Loss loss, SameDiffNetwork network, MultiDataSet batch) {
    INDArray scores = network.output(batch)[0];
    INDArray labels = batch.getLabels(0);
    double sum = 0;
    for (int i = 0; i < scores.size(0); i++) {
      switch (loss) {
        case SPARSE -> sum -= Math.log(scores.getDouble(i, labels.getInt(i, 0)));
        case TOKEN_CROSS_ENTROPY -> {
          for (int step = 0; step < scores.size(1); step++) {
            if (batch.getLabelsMaskArray(0).getDouble(i, step) > 0) {
              sum -= Math.log(scores.getDouble(i, step, labels.getInt(i, step, 0)));
            }
          }
        }
        default -> {
          for (int c = 0; c < Graphs.CLASSES; c++) {
            double p = scores.getDouble(i, c);
            double y = labels.getDouble(i, c);
            sum +=
                switch (loss) {
                  case SOFTMAX_CROSS_ENTROPY -> -y * Math.log(p);
                  case SIGMOID -> -(y * Math.log(p) + (1 - y) * Math.log(1 - p)) / Graphs.CLASSES;
                  default -> (p - y) * (p - y) / Graphs.CLASSES;
                };
          }
        }
      }
    }
    return sum;
  }

  @Test
  void gradientsOfSentencesAddUpWhateverTheirLengths() {
    for (boolean pooled : new boolean[] {true, false}) {
      Loss loss = pooled ? Loss.SPARSE : Loss.TOKEN_CROSS_ENTROPY;
      SameDiffNetwork network =
          Graphs.network(Graphs.tokens(DataType.DOUBLE, pooled), Graphs.wishes(loss));
      MultiDataSet all = Graphs.sentences(DataType.DOUBLE, 8, 12, 4, pooled);
      double whole = network.backpropagate(all);
      double terms = network.terms(all);
      INDArray expected = network.gradient().dup();
      INDArray found = expected.dup().assign(0);
      double sum = 0;
      double parts = 0;
      for (int[] part : new int[][] {{0, 1}, {1, 4}, {4, 8}}) {
        MultiDataSet some = Graphs.part(all, part[0], part[1]);
        sum += network.backpropagate(some);
        parts += network.terms(some);
        found.addi(network.gradient());
      }
      assertThat(sum).isCloseTo(whole, offset(1e-12));
      assertThat(parts).isEqualTo(terms);
      assertThat(found.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-13);
      assertThat(network.output(all)[0].shape())
          .isEqualTo(pooled ? new long[] {8, Graphs.CLASSES} : new long[] {8, 12, Graphs.CLASSES});
    }
  }

  /** Of a single row, ND4J's sum by segments adds the first value alone. */
  @Test
  void oneExampleOfOneTokenHasItsWholeGradient() {
    SameDiffNetwork network =
        Graphs.network(Graphs.tokens(DataType.DOUBLE, true), Graphs.wishes(Loss.SPARSE));
    MultiDataSet both = Graphs.sentences(DataType.DOUBLE, 2, 2, 4, true);
    assertThat(both.getLabels(0).length()).isEqualTo(2);
    assertThat(both.getFeaturesMaskArray(0).sumNumber().intValue()).isEqualTo(2);
    network.backpropagate(both);
    INDArray expected = network.gradient().dup();
    network.backpropagate(Graphs.part(both, 0, 1));
    INDArray found = network.gradient().dup();
    network.backpropagate(Graphs.part(both, 1, 2));
    found.addi(network.gradient());
    assertThat(found.sub(expected).amaxNumber().doubleValue()).isLessThan(1e-14);
  }

  @Test
  void tokensExamplesOrWeightsAreCountedAsAsked() {
    MultiDataSet all = Graphs.sentences(DataType.DOUBLE, 6, 9, 4, false);
    double tokens = all.getLabelsMaskArray(0).sumNumber().doubleValue();
    for (NormaliseBy by : NormaliseBy.values()) {
      SameDiffNetwork network =
          Graphs.network(
              Graphs.tokens(DataType.DOUBLE, false),
              Graphs.wishes(Loss.TOKEN_CROSS_ENTROPY, Optional.of(by)));
      assertThat(network.countsTerms()).isEqualTo(by != NormaliseBy.EXAMPLES);
      assertThat(network.terms(all)).isEqualTo(by == NormaliseBy.EXAMPLES ? 6 : tokens);
    }
  }

  /**
   * What SameDiff stops is still what the loss depends on: its gradient is half of the true one.
   */
  @Test
  void aGradientThatDoesNotAgreeWithTheLossShowsInTheCopyInFloat64() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 4);
    SDVariable y = graph.placeHolder("y", DataType.FLOAT, -1, 3);
    SDVariable half = x.mmul(graph.var("weight", Graphs.random(DataType.FLOAT, 1, 4, 3)));
    SDVariable out = half.add("out", new StopGradient(graph, half).outputVariable());
    graph.math().square(out.sub(y)).sum("loss", false);
    graph.setLossVariables("loss");
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of("out"), Optional.empty(), Optional.empty()),
            OptionalInt.empty(),
            List.of());
    SameDiffNetwork network = Graphs.network(graph, wishes);
    MultiDataSet batch = Graphs.examples(DataType.FLOAT, 5, 1);
    network.backpropagate(batch);
    Network measured = network.quietCopies().in(DataType.DOUBLE);
    measured.backpropagate(Graphs.examples(DataType.DOUBLE, 5, 1));
    INDArray twice = network.gradient().castTo(DataType.DOUBLE).mul(2);
    assertThat(measured.gradient().sub(twice).amaxNumber().doubleValue()).isLessThan(1e-4);
    assertThat(twice.amaxNumber().doubleValue()).isGreaterThan(1);
    measured.release();
  }

  @Test
  void siblingComputesTheSameBits() {
    SameDiffNetwork network =
        Graphs.network(Graphs.tokens(DataType.FLOAT, true), Graphs.wishes(Loss.SPARSE));
    MultiDataSet all = Graphs.sentences(DataType.FLOAT, 8, 12, 4, true);
    PassNetwork sibling = network.sibling();
    for (int pass = 0; pass < 3; pass++) {
      network.parameters().muli(1.01);
      double loss = network.backpropagate(all);
      assertThat(sibling.backpropagate(all)).isEqualTo(loss);
      assertThat(sibling.gradient().equalsWithEps(network.gradient(), 0)).isTrue();
    }
    sibling.release();
    network.backpropagate(all);
  }

  @Test
  void archiveGoesOnToTheBitAndHoldsSameDiffsOwnFile() throws Exception {
    SameDiff plain =
        Graphs.dense(
            DataType.DOUBLE,
            Graphs.adam(),
            (graph, labels) ->
                crossEntropy(graph, labels, LossReduce.MEAN_BY_NONZERO_WEIGHT_COUNT));
    Replica replica = new Replica(ModelSource.read("graph.fb", Graphs.file(plain), 0).archive(), 0);
    train(replica, 0, 3);
    java.nio.file.Path file = java.nio.file.Files.createTempFile("graph", ".zip");
    replica.write(file, InputScaling.none());
    byte[] archive = java.nio.file.Files.readAllBytes(file);
    java.nio.file.Files.delete(file);
    Replica later = new Replica(ModelSource.read("model.zip", archive, 0).archive(), 0);
    train(replica, 3, 6);
    train(later, 3, 6);
    assertThat(later.state().digest()).isEqualTo(replica.state().digest());

    SameDiff own = SameDiff.load(new ByteArrayInputStream(entry(archive, "samediff.fb")), true);
    for (int update = 3; update < 6; update++) {
      own.fit(Graphs.examples(DataType.DOUBLE, 8, update));
    }
    for (GraphParameter parameter : ((SameDiffNetwork) replica.network()).model().parameters()) {
      INDArray ours = GraphModel.view(replica.network().parameters(), parameter);
      assertThat(ours.sub(own.getVariable(parameter.name()).getArr()).amaxNumber().doubleValue())
          .as("plain SameDiff goes on from the file: %s", parameter.name())
          .isLessThan(1e-13);
    }
    Scorer scorer = Scorer.load(scoring(archive));
    MultiDataSet batch = Graphs.examples(DataType.DOUBLE, 4, 9);
    OutputValues scored =
        scorer.score(batch, java.util.List.of(OutputValues.OutputSteps.NONE)).get(0);
    OutputValues twin =
        scorer.twin().score(batch, java.util.List.of(OutputValues.OutputSteps.NONE)).get(0);
    assertThat(scored.values()).containsExactly(twin.values());
    assertThat(scored.columns()).isEqualTo(Graphs.CLASSES);
  }

  /** Without the optimizer's state, wherever the model has been before. */
  private static byte[] scoring(byte[] archive) {
    ModelSource source = ModelSource.read("model.zip", archive, 0);
    byte[] scoring = source.scoringArchive();
    assertThat(archive.length - scoring.length)
        .isGreaterThan(Math.toIntExact(source.updaterStateCount() * Double.BYTES));
    source.archive();
    assertThat(source.scoringArchive()).isEqualTo(scoring);
    assertThat(ModelSource.read("model.zip", source.archive(), 0).scoringArchive())
        .isEqualTo(scoring);
    try (Replica replica = new Replica(archive, 0)) {
      assertThat(((SameDiffNetwork) replica.network()).model().hasUpdaterState()).isFalse();
    }
    return scoring;
  }

  private static void train(Replica replica, int from, int to) {
    for (int update = from; update < to; update++) {
      replica.clear();
      replica.accumulate(Graphs.examples(DataType.DOUBLE, 8, update), 1);
      replica.update(8, replica.gradientSumNorm(), UNCLIPPED);
    }
  }

  private static byte[] entry(byte[] archive, String name) throws Exception {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      while (!zip.getNextEntry().getName().equals(name)) {
        continue;
      }
      return zip.readAllBytes();
    }
  }

  @Test
  void whatSameDiffWouldDifferentiateWronglyIsRefusedByName() {
    requireRefused(
        (graph, labels) -> crossEntropy(graph, labels, LossReduce.SUM).mul("scaled", 0.5),
        "softmax_cross_entropy_loss",
        "ignores what follows it");
    requireRefused(
        (graph, labels) ->
            graph
                .loss()
                .sparseSoftmaxCrossEntropy(graph.getVariable("logits"), graph.argmax(labels, 1))
                .mean("loss"),
        "sparse_softmax_cross_entropy_loss_with_logits",
        "ignores what follows it");
    requireRefused(
        (graph, labels) ->
            crossEntropy(graph, labels, LossReduce.SUM)
                .add("both", graph.math().square(graph.getVariable("logits")).mean()),
        "parts that are sums and parts that are means");
    requireRefused(
        (graph, labels) ->
            graph
                .nn()
                .dropoutInverted(graph.getVariable("logits"), 0.5)
                .sub(labels)
                .sum("loss", false),
        "cannot be trained with exactly");
  }

  private static void requireRefused(
      BiFunction<SameDiff, SDVariable, SDVariable> loss, String... words) {
    byte[] file = Graphs.file(Graphs.dense(DataType.DOUBLE, new Sgd(0.1), loss));
    assertThatThrownBy(() -> ModelSource.read("graph.fb", file, 0))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("graph.fb: ")
        .hasMessageContainingAll(words);
  }

  private static SameDiff twoLosses(String... labels) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.DOUBLE, -1, 4);
    SDVariable sum = null;
    for (String each : new String[] {"a", "b"}) {
      SDVariable out =
          x.mmul("out-" + each, graph.var("w-" + each, Graphs.random(DataType.DOUBLE, 1, 4, 2)));
      SDVariable label = graph.placeHolder("label-" + each, DataType.DOUBLE, -1, 2);
      SDVariable loss =
          graph.loss().meanSquaredError("loss-" + each, label, out, null, LossReduce.SUM);
      sum = sum == null ? loss : sum.add("loss", loss);
    }
    graph.setLossVariables("loss");
    graph.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(0.1))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping(labels)
            .build());
    return graph;
  }

  @Test
  void outputsAreInTheOrderOfTheirLabelsInTheTrainingConfigOrElseOfTheLoss() {
    for (String[] labels : new String[][] {{"label-a", "label-b"}, {"label-b", "label-a"}, {"x"}}) {
      byte[] file = Graphs.file(twoLosses(labels));
      ModelSource source = ModelSource.read("graph.fb", file, 0);
      boolean turned = labels[0].equals("label-b");
      assertThat(source.notes())
          .contains(
              "the graph's outputs, in the order of data.outputs: "
                  + (turned
                      ? "out-b (labels label-b), out-a (labels label-a)"
                      : "out-a (labels label-a), out-b (labels label-b)"));
    }
  }

  @Test
  void settingsThatSayNothingOfThisGraphAreRefused() throws Exception {
    byte[] two = Graphs.file(twoLosses("label-a", "label-b"));
    GraphWishes output =
        new GraphWishes(
            new GraphSettings(Optional.of("out-b"), Optional.empty(), Optional.empty()),
            OptionalInt.empty(),
            List.of());
    assertThatThrownBy(() -> ModelSource.read("graph.fb", two, 0, output))
        .hasMessage(
            "graph.fb: model.output = out-b: the loss compares several outputs with labels (out-a, out-b), and all of them are trained; leave model.output out");
    byte[] ofTwo = ModelSource.read("graph.fb", two, 0).archive();
    assertThatThrownBy(() -> ModelSource.read("model.zip", ofTwo, 0, output))
        .hasMessageContaining(
            "model.output = out-b, but the archive was trained with out-a, out-b; leave");
    byte[] archive =
        ModelSource.read(
                "graph.fb",
                Graphs.file(Graphs.tokens(DataType.FLOAT, false)),
                0,
                Graphs.wishes(Loss.TOKEN_CROSS_ENTROPY, Optional.of(NormaliseBy.TOKENS)))
            .archive();
    for (NormaliseBy by : NormaliseBy.values()) {
      GraphWishes wishes =
          new GraphWishes(
              new GraphSettings(Optional.empty(), Optional.empty(), Optional.of(by)),
              OptionalInt.empty(),
              List.of());
      if (by == NormaliseBy.TOKENS) {
        ModelSource.read("model.zip", archive, 0, wishes);
      } else {
        assertThatThrownBy(() -> ModelSource.read("model.zip", archive, 0, wishes))
            .hasMessageContaining(
                "model.normalise-by = %s, but the archive was trained with tokens"
                    .formatted(by.name().toLowerCase(Locale.ROOT)));
      }
    }
  }

  /** Steps that are not there would be ones whose label is 0. */
  @Test
  void labelsOfStepsAreRefusedWhereTheLossDoesNotLeaveOutPadding() {
    SameDiff own = Graphs.tokens(DataType.DOUBLE, false);
    SDVariable labels = own.placeHolder("tags", DataType.INT64, -1, -1);
    own.loss().sparseSoftmaxCrossEntropy(own.getVariable("logits"), labels).sum("loss", false);
    own.setLossVariables("loss");
    MultiDataSet sentences = Graphs.sentences(DataType.DOUBLE, 4, 6, 3, false);
    assertThatThrownBy(() -> Graphs.network(own, GraphWishes.NONE).backpropagate(sentences))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(
            "output logits: its labels are sequences (max-steps), and its loss (sparse_softmax");
    SameDiffNetwork network =
        Graphs.network(Graphs.tokens(DataType.DOUBLE, false), Graphs.wishes(Loss.MSE));
    MultiDataSet batch =
        new MultiDataSet(
            sentences.getFeatures(),
            new INDArray[] {Graphs.random(DataType.DOUBLE, 1, 4, 6, Graphs.CLASSES)},
            sentences.getFeaturesMaskArrays(),
            sentences.getLabelsMaskArrays());
    assertThatThrownBy(() -> network.backpropagate(batch))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "output logits: its labels are sequences (max-steps), and its loss (mse) would count what pads them as labels of 0; model.loss = token-cross-entropy leaves it out, and so does a loss of the graph's own whose weights are a placeholder [examples, steps]");
  }

  @Test
  void sequencesAreCutUnlessTheirOwnPlaceholdersHaveAFixedLength() {
    SameDiff open = Graphs.tokens(DataType.DOUBLE, true);
    SDVariable dense = open.placeHolder("age", DataType.DOUBLE, -1, 4);
    open.getVariable("logits")
        .add("both", dense.mmul(open.var("age.weight", Graphs.random(DataType.DOUBLE, 1, 4, 3))));
    MultiDataSet sentences = Graphs.sentences(DataType.DOUBLE, 3, 20, 3, true);
    int longest = longest(sentences);
    assertThat(longest).isLessThan(20);
    Map<String, INDArray> fed =
        feed(
            open,
            "both",
            List.of("input_ids", "attention_mask", "age"),
            new MultiDataSet(
                new INDArray[] {
                  sentences.getFeatures(0),
                  sentences.getFeatures(1),
                  Graphs.random(DataType.DOUBLE, 1, 3, 4)
                },
                sentences.getLabels(),
                new INDArray[] {
                  sentences.getFeaturesMaskArray(0), sentences.getFeaturesMaskArray(1), null
                },
                new INDArray[] {null}));
    assertThat(fed.get("input_ids").shape()).containsExactly(3, longest);

    SameDiff fixed = SameDiff.create();
    SDVariable x = fixed.placeHolder("x", DataType.DOUBLE, -1, 20, 2);
    SDVariable weight = fixed.var("w", Graphs.random(DataType.DOUBLE, 1, 40, 3));
    fixed.reshape(x, -1, 40).mmul("logits", weight);
    Map<String, INDArray> whole =
        feed(
            fixed,
            "logits",
            List.of("x"),
            new MultiDataSet(
                new INDArray[] {Graphs.random(DataType.DOUBLE, 1, 3, 20, 2)},
                sentences.getLabels(),
                new INDArray[] {sentences.getFeaturesMaskArray(0)},
                new INDArray[] {null}));
    assertThat(whole.get("x").shape()).containsExactly(3, 20, 2);
  }

  private static int longest(MultiDataSet batch) {
    return batch.getFeaturesMaskArray(0).sum(1).maxNumber().intValue();
  }

  private static Map<String, INDArray> feed(
      SameDiff graph, String output, List<String> columns, MultiDataSet batch) {
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of(output), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(Graphs.CLASSES),
            columns);
    return new GraphFeed(Graphs.network(graph, wishes).model()).inputs(batch);
  }
}
