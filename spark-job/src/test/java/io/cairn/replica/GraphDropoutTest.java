/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.SelfCheckResult.State;
import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.onnx.OnnxValues;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/** Dropout of an ONNX file: drawn in training from the seed of a pass, and nowhere else. */
class GraphDropoutTest {

  private static final float RATE = 0.25f;
  private static final int WIDTH = 4;
  private static final int HIDDEN = 6;

  private static final GraphWishes MSE =
      new GraphWishes(
          new GraphSettings(Optional.empty(), Optional.of(Loss.MSE), Optional.empty()),
          OptionalInt.empty(),
          List.of());

  private static TensorProto.Builder flag(String name, int value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.BOOL_VALUE)
        .addInt32Data(value);
  }

  private static byte[] file(NodeProto.Builder dropout) {
    return OnnxFiles.file(
        GraphProto.newBuilder()
            .setName("dropped")
            .addInput(OnnxFiles.value("x", WIDTH))
            .addOutput(OnnxFiles.value("y", 1))
            .addInitializer(OnnxFiles.tensor("first", 0.5f, WIDTH, HIDDEN))
            .addInitializer(OnnxFiles.tensor("second", 0.25f, HIDDEN, 1))
            .addInitializer(OnnxFiles.tensor("rate", RATE))
            .addInitializer(OnnxFiles.tensor("all", 1))
            .addInitializer(flag("trains", 1))
            .addInitializer(flag("serves", 0))
            .addNode(OnnxFiles.node("MatMul", "hidden", "x", "first"))
            .addNode(dropout)
            .addNode(OnnxFiles.node("Dropout", "again", "left", "rate", "trains"))
            .addNode(OnnxFiles.node("MatMul", "y", "again", "second")));
  }

  private static NodeProto.Builder dropout(String... inputs) {
    return OnnxFiles.node("Dropout", "left", inputs).toBuilder();
  }

  private static byte[] file() {
    // PyTorch names the mask, too.
    return file(dropout("hidden", "rate", "trains").addOutput("left_mask"));
  }

  private static SameDiffNetwork network(DataType type) {
    return new SameDiffNetwork(OnnxReader.read("m.onnx", file(), MSE, type));
  }

  private static MultiDataSet examples(DataType type, int count) {
    return new MultiDataSet(
        Graphs.random(type, 1, count, WIDTH), Nd4j.zeros(type, count, 1).addi(0.5));
  }

  private static INDArray gradient(Network network, MultiDataSet batch, long seed) {
    Nd4j.getRandom().setSeed(seed);
    network.backpropagate(batch);
    return network.gradient().dup();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void theSameIsDroppedOnTheWayThereAndBack(DataType type) {
    SameDiffNetwork network = network(type);
    MultiDataSet batch = examples(type, 9);
    batch.setLabels(new INDArray[] {Nd4j.zeros(type, 9, 1)});
    Nd4j.getRandom().setSeed(3);
    double loss = network.backpropagate(batch);
    for (var parameter : network.model().parameters()) {
      INDArray values = GraphModel.view(network.parameters(), parameter);
      INDArray gradient = GraphModel.view(network.gradient(), parameter);
      // The loss is of second degree in each matrix (Euler's theorem).
      assertThat(values.mul(gradient).sumNumber().doubleValue() / (2 * loss))
          .as(parameter.name())
          .isCloseTo(1, offset(type == DataType.DOUBLE ? 1e-12 : 1e-5));
    }
  }

  @Test
  void seedsOfAPassDecideWhatIsDropped() {
    SameDiffNetwork network = network(DataType.FLOAT);
    MultiDataSet batch = examples(DataType.FLOAT, 9);
    INDArray one = gradient(network, batch, 1);
    assertThat(gradient(network, batch, 2)).isNotEqualTo(one);
    assertThat(gradient(network, batch, 1)).isEqualTo(one);
    Network sibling = (Network) network.sibling();
    assertThat(gradient(sibling, batch, 1)).isEqualTo(one);
    ModelSource source = ModelSource.read("m.onnx", file(), 0, MSE);
    Network worker = new Replica(source.archive(), 0).network();
    assertThat(gradient(worker, batch, 1)).isEqualTo(one);
    assertThat(source.notes())
        .contains(
            "2 nodes drop some of their values (Dropout), in training alone: 0.25; in model.onnx they drop nothing");
  }

  /** Of values that are 1, each column's sum counts what is left. */
  @Test
  void soManyAreDroppedAndTheOthersMakeUpForThem() {
    int count = 4_000;
    SameDiffNetwork network = network(DataType.DOUBLE);
    for (var parameter : network.model().parameters()) {
      GraphModel.view(network.parameters(), parameter)
          .assign(parameter.name().equals("second") ? 0 : 1.0 / WIDTH);
    }
    MultiDataSet ones =
        new MultiDataSet(
            Nd4j.ones(DataType.DOUBLE, count, WIDTH),
            Nd4j.zeros(DataType.DOUBLE, count, 1).addi(-0.5));
    INDArray gradient = gradient(network, ones, 5);
    for (var parameter : network.model().parameters()) {
      if (parameter.name().equals("second")) {
        double[] left = GraphModel.view(gradient, parameter).ravel().toDoubleVector();
        for (double sum : left) {
          double kept = sum * (1 - RATE) * (1 - RATE);
          assertThat(kept).isCloseTo(Math.rint(kept), offset(1e-6));
          // Within five standard deviations of the binomial distribution.
          assertThat(kept / count).isCloseTo(0.5625, offset(0.04));
        }
        assertThat(left).doesNotHaveDuplicates();
      }
    }
  }

  @Test
  void outputsDropNothing() {
    SameDiffNetwork network = network(DataType.FLOAT);
    MultiDataSet batch = examples(DataType.FLOAT, 9);
    INDArray expected =
        batch
            .getFeatures(0)
            .mmul(Nd4j.ones(WIDTH, HIDDEN).mul(0.5f))
            .mmul(Nd4j.ones(HIDDEN, 1).mul(0.25f));
    assertThat(network.output(batch)[0].equalsWithEps(expected, 1e-5)).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void aRunThatDropsChecksItselfWithout(DataType type) {
    SameDiffNetwork network = network(type);
    SelfCheckResult result =
        new SelfCheck(
                network,
                examples(type, 8),
                SelfCheck.Allowance.of(60_000_000_000L),
                System::nanoTime)
            .run();
    assertThat(result.float64().state()).isEqualTo(State.AGREES);
    assertThat(result.sums().state()).isEqualTo(State.AGREES);
  }

  @Test
  void whatComesOutIsServedWithoutDropout() throws Exception {
    SameDiffNetwork network = network(DataType.FLOAT);
    byte[] put = OnnxValues.put(file(), network.model(), network.parameters());
    for (NodeProto node : ModelProto.parseFrom(put).getGraph().getNodeList()) {
      assertThat(node.getInputCount()).isLessThan(3);
    }
    GraphModel again = OnnxReader.read("again.onnx", put, MSE);
    assertThat(again.roles().isNoisy()).isFalse();
  }

  @Test
  void whatCannotBeDrawnIsRefusedByTheNameOfTheNode() {
    refused(dropout("hidden", "rate", "first"), "training_mode must be one constant number");
    refused(dropout("hidden", "all", "trains"), "a ratio of 1.0 leaves nothing");
    refused(dropout("hidden", "first", "trains"), "ratio must be one constant number");
    AttributeProto.Builder seed =
        AttributeProto.newBuilder()
            .setName("seed")
            .setType(AttributeProto.AttributeType.INT)
            .setI(7);
    refused(dropout("hidden", "rate", "trains").addAttribute(seed), "it has a seed of its own");
    byte[] served = file(dropout("hidden", "rate", "serves"));
    assertThat(OnnxReader.read("m.onnx", served, MSE).roles().dropouts()).hasSize(1);
  }

  private static void refused(NodeProto.Builder dropout, String why) {
    byte[] file = file(dropout);
    assertThatThrownBy(() -> OnnxReader.read("m.onnx", file, MSE))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(why);
  }
}
