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
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/** The promise: an ONNX model computes, differentiates and trains as PyTorch has it. */
class OnnxModelsTest {

  private static final int[] OPSETS = {11, 13, 17};
  private static final int UPDATES = 20;

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
