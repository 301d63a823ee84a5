/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.distribution.OrthogonalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInitDistribution;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Conv1D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Conv1DDerivative;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What {@link RememberingExecutioner} and {@link LayerHelpers} put right, one thing each. */
class MendedOperationsTest {

  private static final int[] CONVOLUTION = {2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 1};

  /** The same values in the same shape, but other strides in memory. */
  private static List<INDArray> otherStrides(INDArray array) {
    INDArray wide =
        Nd4j.create(DataType.FLOAT, array.size(0) * 2, array.size(1), array.size(2), array.size(3));
    INDArray everySecond =
        wide.get(
            NDArrayIndex.interval(0, 2, array.size(0) * 2),
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.all());
    everySecond.assign(array);
    return List.of(
        array.dup('f'), array.permute(0, 3, 1, 2).dup('c').permute(0, 2, 3, 1), everySecond);
  }

  private static INDArray run(String name, int[] arguments, INDArray output, INDArray... inputs) {
    DynamicCustomOp.DynamicCustomOpsBuilder builder =
        DynamicCustomOp.builder(name)
            .addInputs(inputs)
            .addOutputs(output)
            .addIntegerArguments(arguments);
    if (name.equals("batchnorm")) {
      builder.addFloatingPointArguments(1e-3);
    }
    Nd4j.exec(builder.build());
    return output;
  }

  @Test
  void operationsWithChannelsLastDoNotDependOnStrides() {
    INDArray x = Nd4j.rand(DataType.FLOAT, 3, 5, 4, 2);
    INDArray weights = Nd4j.rand(DataType.FLOAT, 6, 2, 2, 2);
    INDArray bias = Nd4j.rand(DataType.FLOAT, 6);
    INDArray channels = Nd4j.rand(DataType.FLOAT, 2).addi(1);
    INDArray convolved =
        run("conv2d", CONVOLUTION, Nd4j.create(DataType.FLOAT, 3, 5, 4, 6), x, weights, bias);
    int[] normalization = {1, 1, 3};
    INDArray normalized =
        run("batchnorm", normalization, x.ulike(), x, channels, channels, channels, channels);
    for (INDArray strided : otherStrides(x)) {
      INDArray target = otherStrides(Nd4j.create(DataType.FLOAT, 3, 5, 4, 6)).get(1);
      assertThat(run("conv2d", CONVOLUTION, target, strided, weights, bias)).isEqualTo(convolved);
      assertThat(
              run(
                  "batchnorm",
                  normalization,
                  x.ulike(),
                  strided,
                  channels,
                  channels,
                  channels,
                  channels))
          .isEqualTo(normalized);
    }
  }

  static Stream<Arguments> dilatedOverTime() {
    Stream.Builder<Arguments> all = Stream.builder();
    for (RNNFormat format : RNNFormat.values()) {
      for (PaddingMode padding : PaddingMode.values()) {
        for (int dilation : List.of(2, 3)) {
          for (int stride : List.of(1, 2, 8)) {
            all.add(Arguments.of(format, padding, dilation, stride));
          }
        }
      }
    }
    return all.build();
  }

  /** float64 goes without oneDNN. */
  @ParameterizedTest
  @MethodSource("dilatedOverTime")
  void aDilatedConvolutionOverTimeIsThatOfFloat64AndOneDnnStaysOn(
      RNNFormat format, PaddingMode padding, int dilation, int stride) {
    Conv1DConfig config =
        Conv1DConfig.builder()
            .k(3)
            .d(dilation)
            .s(stride)
            .p(padding == PaddingMode.VALID ? 1 : 0)
            .paddingMode(padding)
            .dataFormat(format.name())
            .build();
    boolean last = format == RNNFormat.NWC;
    INDArray x = last ? Nd4j.randn(DataType.FLOAT, 3, 9, 4) : Nd4j.randn(DataType.FLOAT, 3, 4, 9);
    INDArray weights = Nd4j.randn(DataType.FLOAT, 3, 4, 5);
    INDArray bias = Nd4j.randn(DataType.FLOAT, 5);

    INDArray convolved = Nd4j.exec(new Conv1D(x, weights, bias, config))[0];
    INDArray error = Nd4j.randn(DataType.FLOAT, convolved.shape());
    List<INDArray> inputs = List.of(x, weights, bias, error);
    List<INDArray> wide = inputs.stream().map(array -> array.castTo(DataType.DOUBLE)).toList();

    assertClose(convolved, Nd4j.exec(new Conv1D(wide.get(0), wide.get(1), wide.get(2), config))[0]);
    List<INDArray> found = gradient(inputs, config);
    List<INDArray> expected = gradient(wide, config);
    for (int i = 0; i < expected.size(); i++) {
      assertClose(found.get(i), expected.get(i));
    }
    assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
  }

  private static List<INDArray> gradient(List<INDArray> inputs, Conv1DConfig config) {
    List<INDArray> outputs = inputs.subList(0, 3).stream().map(INDArray::ulike).toList();
    Nd4j.exec(
        new Conv1DDerivative(
            inputs.toArray(INDArray[]::new), outputs.toArray(INDArray[]::new), config));
    return outputs;
  }

  private static void assertClose(INDArray found, INDArray expected) {
    assertThat(found.shape()).isEqualTo(expected.shape());
    double distance = found.castTo(DataType.DOUBLE).distance2(expected);
    assertThat(distance).isLessThan(1e-5 * expected.norm2Number().doubleValue());
  }

  /** From the definition, in float64. */
  @Test
  void softmaxAlongTheChannelsOfImagesSumsToOne() {
    INDArray x = Nd4j.rand(DataType.FLOAT, 3, 5, 4, 2);
    INDArray sums = run("softmax", new int[] {1}, x.ulike(), x).sum(1);
    assertThat(sums.sub(1).amaxNumber().doubleValue()).isLessThan(1e-6);
  }

  @ParameterizedTest
  @CsvSource({"8, 32", "32, 128", "64, 256", "40, 40", "200, 12"})
  void orthogonalInitialisationIsOrthogonal(int rows, int columns) {
    INDArray view = Nd4j.create(DataType.FLOAT, (long) rows * columns);
    INDArray weights =
        new WeightInitDistribution(new OrthogonalDistribution(1))
            .init(rows, columns, new long[] {rows, columns}, 'f', view);
    INDArray product =
        rows < columns ? weights.mmul(weights.transpose()) : weights.transpose().mmul(weights);
    INDArray distance = product.sub(Nd4j.eye(product.rows()).castTo(DataType.FLOAT));
    assertThat(distance.amaxNumber().doubleValue()).isLessThan(1e-4);
  }

  @Test
  void anExecutionerThatDoesNotArrangeArraysTurnsOneDnnOff() {
    assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
    LayerHelpers.requireArrangedArrays(Nd4j.getExecutioner());
    assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
    try {
      LayerHelpers.requireArrangedArrays(new NativeOpExecutioner() {});
      assertThat(Nd4j.getEnvironment().helpersAllowed()).isFalse();
    } finally {
      Nd4j.getEnvironment().allowHelpers(true);
    }
  }

  /**
   * In a process of its own: it crashed within some hundred collections, and its small heap is
   * collected fast.
   */
  @Test
  @Tag("heavy")
  void anOperationAlongRowsOutlivesTheGarbageCollector(@TempDir Path folder) throws Exception {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-Dopexec=" + RememberingExecutioner.class.getName(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                RowsUnderCollection.class.getName())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aNetworkOfARunHasFastHelpersAndOneForReferenceHasNone() {
    Dl4jNetwork network =
        ModelConfiguration.parse(
                "a test",
                new NeuralNetConfiguration.Builder()
                    .list()
                    .layer(new ConvolutionLayer.Builder(2, 2).nOut(3).build())
                    .layer(new BatchNormalization())
                    .layer(new SubsamplingLayer.Builder(2, 2).build())
                    .layer(new OutputLayer.Builder().nOut(3).build())
                    .setInputType(InputType.convolutional(6, 6, 2, CNN2DFormat.NHWC))
                    .build()
                    .toJson())
            .network(null, null);
    assertThat(helpers(network))
        .containsExactly(
            "MKLDNNConvHelper", "MendedBatchNormalization", "MKLDNNSubsamplingHelper", "none");
    network.removeHelpers();
    assertThat(((MultiLayerNetwork) network.model()).getLayer(0).getHelper()).isNull();
    assertThat(((MultiLayerNetwork) network.model()).getLayer(2).getHelper()).isNull();
  }

  private static List<String> helpers(Dl4jNetwork network) {
    return Stream.of(((MultiLayerNetwork) network.model()).getLayers())
        .map(Layer::getHelper)
        .map(helper -> helper == null ? "none" : helper.getClass().getSimpleName())
        .toList();
  }
}
