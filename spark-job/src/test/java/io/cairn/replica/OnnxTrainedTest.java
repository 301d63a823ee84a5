/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static io.cairn.replica.OnnxFiles.node;
import static io.cairn.replica.OnnxFiles.tensor;
import static io.cairn.replica.OnnxFiles.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.onnx.OnnxValues;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/** Which values of an ONNX file are trained. */
class OnnxTrainedTest {

  private static final GraphWishes MSE =
      new GraphWishes(
          new GraphSettings(Optional.empty(), Optional.of(Loss.MSE), Optional.empty()),
          OptionalInt.empty(),
          List.of());

  /** A batch normalization and a head of one value, as PyTorch's exporter writes a fresh one. */
  private static byte[] file(String first, String second) {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("fresh")
            .addInput(value("x", 2, 3, 3))
            .addOutput(value("y", 1))
            .addInitializer(tensor("bn.bias", 0.5f, 2))
            .addInitializer(tensor("bn.running_mean", 0, 2))
            .addInitializer(tensor(first, 1, 2))
            .addInitializer(tensor("head.weight", 0.25f, 2, 1))
            .addInitializer(tensor("head.bias", 0.125f, 1))
            .addInitializer(tensor("half", 0.5f))
            .addNode(node("Identity", second, first))
            .addNode(
                node(
                    "BatchNormalization",
                    "normal",
                    "x",
                    "bn.weight",
                    "bn.bias",
                    "bn.running_mean",
                    "bn.running_var"))
            .addNode(node("GlobalAveragePool", "pool", "normal"))
            .addNode(
                node("Flatten", "flat", "pool").toBuilder()
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("axis")
                            .setType(AttributeProto.AttributeType.INT)
                            .setI(1))
                    .build())
            .addNode(node("Mul", "halved", "flat", "half"))
            .addNode(node("Gemm", "y", "halved", "head.weight", "head.bias"));
    return OnnxFiles.file(graph);
  }

  private static List<String> trained(GraphModel model) {
    return model.parameters().stream().map(GraphParameter::name).toList();
  }

  private static MultiDataSet examples() {
    return new MultiDataSet(
        Graphs.random(DataType.FLOAT, 1, 4, 2, 3, 3), Graphs.random(DataType.FLOAT, 2, 4, 1));
  }

  /** Which of the equals the exporter keeps is its affair. */
  @Test
  void statisticsOfAFreshBatchNormalizationStayAndItsScaleIsTrained() {
    for (String first : List.of("bn.weight", "bn.running_var")) {
      byte[] file = file(first, first.equals("bn.weight") ? "bn.running_var" : "bn.weight");
      SameDiffNetwork network = new SameDiffNetwork(OnnxReader.read("m.onnx", file, MSE));
      assertThat(trained(network.model()))
          .as(first)
          .contains("bn.weight", "bn.bias", "head.weight")
          .doesNotContain("bn.running_var", "bn.running_mean");
      network.backpropagate(examples());
      network.parameters().subi(network.gradient());
      byte[] put = OnnxValues.put(file, network.model(), network.parameters());
      SameDiffNetwork again = new SameDiffNetwork(OnnxReader.read("m.onnx", put, MSE));
      INDArray expected = network.output(examples())[0];
      assertThat(again.output(examples())[0]).as(first).isEqualTo(expected);
    }
  }

  /** Two shifts that were equal when they were exported, of which one is frozen, whichever. */
  @Test
  void oneOfTwoThatTheFileHasOnceStaysWhereItIsFrozenAndTheOtherIsTrained() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("twice")
            .addInput(value("x", 2))
            .addOutput(value("y", 1))
            .addInitializer(tensor("a.bias", 0.5f, 2))
            .addInitializer(tensor("head.weight", 0.25f, 2, 1))
            .addNode(node("Identity", "b.bias", "a.bias"))
            .addNode(node("Add", "first", "x", "a.bias"))
            .addNode(node("Tanh", "bent", "first"))
            .addNode(node("Add", "second", "bent", "b.bias"))
            .addNode(node("MatMul", "y", "second", "head.weight"));
    byte[] file = OnnxFiles.file(graph);
    MultiDataSet examples =
        new MultiDataSet(
            Graphs.random(DataType.FLOAT, 1, 4, 2), Graphs.random(DataType.FLOAT, 2, 4, 1));
    for (String frozen : List.of("a.bias", "b.bias")) {
      ModelSource source =
          ModelSource.read("m.onnx", file, 0, MSE)
              .fineTuned(Updaters.fineTune("freeze = " + frozen), 0);
      SameDiffNetwork network = (SameDiffNetwork) new Replica(source.archive(), 0).network();
      network.backpropagate(examples);
      network.parameters().subi(network.gradient());
      byte[] put = OnnxValues.put(file, network.model(), network.parameters());
      SameDiffNetwork again = new SameDiffNetwork(OnnxReader.read("m.onnx", put, MSE));
      INDArray expected = network.output(examples)[0];
      assertThat(again.output(examples)[0]).as(frozen).isEqualTo(expected);
      for (GraphParameter parameter : again.model().parameters()) {
        INDArray now = GraphModel.view(again.parameters(), parameter);
        boolean stays = now.sub(0.5).amaxNumber().doubleValue() == 0;
        assertThat(stays).as(parameter.name()).isEqualTo(parameter.name().equals(frozen));
      }
    }
  }

  /** A head of one value has a bias of one; what has no dimension is a number of the formula. */
  @Test
  void aListOfOneNumberIsTrainedAndWhatStaysIsSaid() {
    byte[] file = file("bn.weight", "bn.running_var");
    assertThat(trained(OnnxReader.read("m.onnx", file, MSE))).contains("head.bias");
    assertThat(ModelSource.read("m.onnx", file, 0, MSE).notes())
        .contains("2 initializers of floating point stay as they are: bn.running_mean, half");
  }
}
