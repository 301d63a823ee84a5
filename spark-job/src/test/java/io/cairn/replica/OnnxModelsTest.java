/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.onnx.OnnxValues;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.settings.GraphSettings.Loss;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
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

/** The promise: an ONNX model computes, differentiates and trains as PyTorch has it. */
class OnnxModelsTest {

  private static final int[] OPSETS = {11, 13, 17};
  private static final int UPDATES = 20;

  private static final AttributeProto ORDER =
      AttributeProto.newBuilder()
          .setName("perm")
          .setType(AttributeProto.AttributeType.INTS)
          .addInts(0)
          .addInts(2)
          .addInts(1)
          .build();

  private static double gap(INDArray found, INDArray expected) {
    return found
        .castTo(DataType.DOUBLE)
        .reshape(expected.shape())
        .sub(expected.castTo(DataType.DOUBLE))
        .amaxNumber()
        .doubleValue();
  }

  /** Only steps that are there: onnxruntime computed the padding too. */
  private static INDArray real(OnnxFixture fixture, INDArray output, Map<String, INDArray> arrays) {
    boolean steps = fixture.loss() == Loss.TOKEN_CROSS_ENTROPY;
    return steps
        ? output
            .castTo(DataType.DOUBLE)
            .mul(
                arrays
                    .get("mask")
                    .castTo(DataType.DOUBLE)
                    .reshape(output.size(0), output.size(1), 1))
        : output;
  }

  @ParameterizedTest
  @EnumSource
  void outputsAreThoseOfOnnxruntime(OnnxFixture fixture) {
    Map<String, INDArray> arrays = fixture.arrays();
    INDArray expected = arrays.get("out32");
    double size = Math.max(1, expected.amaxNumber().doubleValue());
    for (int opset : OPSETS) {
      SameDiffNetwork network =
          new SameDiffNetwork(fixture.model("op" + opset, Loss.MSE, DataType.FLOAT));
      INDArray found = network.output(fixture.examples(DataType.FLOAT))[0];
      assertThat(gap(real(fixture, found, arrays), real(fixture, expected, arrays)) / size)
          .as("opset %d", opset)
          .isLessThan(1e-6);
    }
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreThoseOfPyTorch(OnnxFixture fixture) {
    Map<String, INDArray> arrays = fixture.arrays();
    for (String variant : List.of("double", "op17")) {
      DataType type = variant.equals("double") ? DataType.DOUBLE : DataType.FLOAT;
      SameDiffNetwork network = new SameDiffNetwork(fixture.model(variant, fixture.loss(), type));
      double loss = network.backpropagate(fixture.examples(type));
      double expected = arrays.get("loss64").getDouble(0);
      double tolerance = type == DataType.DOUBLE ? 1e-12 : 1e-5;
      assertThat(loss / expected).isCloseTo(1, offset(tolerance));
      int compared = 0;
      List<String> wrong = new ArrayList<>();
      for (GraphParameter parameter : network.model().parameters()) {
        INDArray should = arrays.get("g64/" + variant + "/" + parameter.name());
        if (should == null) {
          continue;
        }
        compared++;
        INDArray found = GraphModel.view(network.gradient(), parameter);
        double size = Math.max(1, should.amaxNumber().doubleValue());
        if (!(gap(found, should) / size < tolerance)) {
          wrong.add("%s by %.3g of %.3g".formatted(parameter.name(), gap(found, should), size));
        }
      }
      assertThat(wrong).as(variant).isEmpty();
      assertThat(compared).isGreaterThan(network.model().parameters().size() / 2);
    }
  }

  /**
   * What is one number of one example is many of many: ND4J has operators with derivatives for the
   * one and for the other.
   */
  @ParameterizedTest
  @EnumSource
  void gradientsOfSingleExamplesAddUp(OnnxFixture fixture) {
    SameDiffNetwork network =
        new SameDiffNetwork(fixture.model("double", fixture.loss(), DataType.DOUBLE));
    MultiDataSet all = fixture.examples(DataType.DOUBLE);
    singleExamplesAddUp(network, all);
    if (fixture.isSequence()) {
      // The first step counts alone: one example is then one number for each channel.
      all.getFeaturesMaskArray(0).assign(0).getColumn(0).assign(1);
      singleExamplesAddUp(network, all);
    }
  }

  private static void singleExamplesAddUp(SameDiffNetwork network, MultiDataSet all) {
    network.backpropagate(all);
    INDArray whole = network.gradient().dup();
    INDArray sum = whole.like();
    for (int example = 0; example < OnnxFixture.EXAMPLES; example++) {
      network.backpropagate(SomeExamples.part(all, example, example + 1));
      sum.addi(network.gradient());
    }
    List<String> wrong = new ArrayList<>();
    for (GraphParameter parameter : network.model().parameters()) {
      INDArray should = GraphModel.view(whole, parameter);
      double gap = gap(GraphModel.view(sum, parameter), should);
      if (!(gap < 1e-12 * Math.max(1, should.amaxNumber().doubleValue()))) {
        wrong.add("%s by %.3g".formatted(parameter.name(), gap));
      }
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void twentyUpdatesOfAdamWAreThoseOfPyTorch(OnnxFixture fixture) {
    Map<String, INDArray> arrays = fixture.arrays();
    SameDiffNetwork network = fixture.adamW(UPDATES);
    MultiDataSet all = fixture.examples(DataType.DOUBLE);
    for (int update = 0; update < UPDATES; update++) {
      assertThat(OnnxFixture.update(network, all))
          .as("loss before update %d", update + 1)
          .isCloseTo(arrays.get("losses").getDouble(update), offset(1e-11));
    }
    int compared = 0;
    for (GraphParameter parameter : network.model().parameters()) {
      INDArray should = arrays.get("p64/" + parameter.name());
      if (should != null) {
        compared++;
        assertThat(gap(GraphModel.view(network.parameters(), parameter), should))
            .as(parameter.name())
            .isLessThan(1e-10);
      }
    }
    assertThat(compared).isGreaterThan(network.model().parameters().size() / 2);
  }

  @ParameterizedTest
  @EnumSource
  void trainedValuesGoBackIntoTheFile(OnnxFixture fixture) {
    ModelSource source =
        ModelSource.read("model.onnx", fixture.file(17), 0, fixture.wishes(fixture.loss()));
    Replica replica = new Replica(source.archive(), 0);
    SameDiffNetwork network = (SameDiffNetwork) replica.network();
    replica.clear();
    replica.accumulate(fixture.examples(DataType.FLOAT), 1);
    replica.updateWeighted(24, 24, replica.gradientSumNorm(), OptionalDouble.empty());
    byte[] file = OnnxValues.put(fixture.file(17), network.model(), network.parameters());
    SameDiffNetwork again =
        new SameDiffNetwork(OnnxReader.read("again.onnx", file, fixture.wishes(fixture.loss())));
    INDArray found = again.output(fixture.examples(DataType.FLOAT))[0];
    INDArray expected = network.output(fixture.examples(DataType.FLOAT))[0];
    assertThat(gap(found, expected)).isZero();
    assertThat(gap(again.parameters(), network.parameters())).isZero();
  }

  /** A third dimension is turned round, which would be an error if there were none. */
  @Test
  void oneNumberOfOneExampleHasTheDimensionsOfMany() {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("dimensions")
            .addInput(OnnxFiles.value("x", 1))
            .addOutput(OnnxFiles.value("y", 1))
            .addInitializer(OnnxFiles.tensor("scale", 2, 1, 1))
            .addInitializer(
                TensorProto.newBuilder()
                    .setName("last")
                    .setDataType(TensorProto.DataType.INT64_VALUE)
                    .addDims(1)
                    .addInt64Data(2))
            .addNode(OnnxFiles.node("Unsqueeze", "wide", "x", "last"))
            .addNode(OnnxFiles.node("Transpose", "turned", "wide").toBuilder().addAttribute(ORDER))
            .addNode(OnnxFiles.node("Squeeze", "narrow", "turned", "last"))
            .addNode(OnnxFiles.node("MatMul", "y", "narrow", "scale"));
    GraphWishes wishes = OnnxFixture.VISION.wishes(Loss.MSE);
    SameDiffNetwork network =
        new SameDiffNetwork(OnnxReader.read("m.onnx", OnnxFiles.file(graph), wishes));
    for (int examples : new int[] {3, 1}) {
      INDArray x = Nd4j.ones(DataType.FLOAT, examples, 1);
      MultiDataSet batch = new MultiDataSet(x, Nd4j.zeros(DataType.FLOAT, examples, 1));
      assertThat(network.output(batch)[0]).isEqualTo(x.mul(2));
      network.backpropagate(batch);
      assertThat(network.gradient().getDouble(0)).isEqualTo(4.0 * examples);
    }
  }

  /** Its head is its embedding: PyTorch's exporter writes both, the second transposed. */
  @Test
  void matrixThatIsWrittenTwiceIsOneParameter() {
    ModelSource source =
        ModelSource.read(
            "gpt.onnx",
            OnnxFixture.GPT.file(17),
            0,
            OnnxFixture.GPT.wishes(Loss.TOKEN_CROSS_ENTROPY));
    assertThat(source.notes())
        .anyMatch(
            note ->
                note.matches(
                    "onnx::MatMul_\\d+ holds the numbers of tokens.weight, and is trained as one with it"));
  }

  @Test
  void whatIsNotReadIsRefusedByName() {
    byte[] file = OnnxFixture.MLP.file(17);
    assertThatThrownBy(() -> ModelSource.read("m.onnx", file, 0))
        .hasMessageContaining("an ONNX model has no loss; model.loss = softmax-cross-entropy");
    byte[] other =
        new String(file, java.nio.charset.StandardCharsets.ISO_8859_1)
            .replace("Relu", "Selu")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThatThrownBy(
            () -> ModelSource.read("m.onnx", other, 0, OnnxFixture.MLP.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("(Selu): this operator is not supported");
  }

  @Test
  void anAxisThatAValueDoesNotHaveIsRefusedByTheNameOfTheNode() throws Exception {
    ModelProto.Builder file = ModelProto.parseFrom(OnnxFixture.CNN.file(17)).toBuilder();
    for (NodeProto.Builder node : file.getGraphBuilder().getNodeBuilderList()) {
      if (node.getOpType().equals("ReduceMean")) {
        node.getAttributeBuilderList().stream()
            .filter(attribute -> attribute.getName().equals("axes"))
            .forEach(attribute -> attribute.setInts(1, 4));
      }
    }
    byte[] changed = file.build().toByteArray();
    assertThatThrownBy(
            () -> ModelSource.read("m.onnx", changed, 0, OnnxFixture.CNN.wishes(Loss.SPARSE)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("(ReduceMean): axis 4 of a value of rank 4");
  }
}
