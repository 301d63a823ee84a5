/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Function;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;

/**
 * Graphs and ONNX models that can be read, and damaged ones by a number. Their weights take a
 * megabyte or more, so that what takes a multiple of a file's length is told from what every file
 * takes.
 *
 * <p>Threading: one thread.
 */
final class HostileFiles {

  private static final int FEATURES = 512;
  private static final int HIDDEN = 768;
  private static final int CLASSES = 10;
  private static final int VOCABULARY = 20_000;

  @SuppressWarnings("ArrayRecordComponent") // made and read in one place, never compared
  private record Kind(
      String name,
      int share,
      byte[] content,
      Function<Random, byte[]> damage,
      GraphWishes wishes,
      MultiDataSet examples) {}

  /**
   * A file.
   *
   * @param kind what it was
   * @param name what to call it in errors
   * @param wishes as the one that was not damaged is read with
   * @param examples that one takes
   */
  @SuppressWarnings("ArrayRecordComponent") // made and read in one place, never compared
  record HostileFile(
      String kind, String name, byte[] content, GraphWishes wishes, MultiDataSet examples) {}

  private final List<Kind> kinds;
  private final int shares;

  HostileFiles() {
    kinds =
        List.of(
            graph("dense", 20, dense(), labelled(Loss.SPARSE), examples(false)),
            graph("trained", 15, trained(), outputOnly(), examples(true)),
            graph("tokens", 15, tokens(), Graphs.wishes(Loss.SPARSE), sentences()),
            graph("convolution", 12, convolution(), labelled(Loss.SPARSE), images()),
            onnx("perceptron", 15, perceptron(), labelled(Loss.SPARSE), examples(false)),
            onnx("cnn", 15, OnnxFixture.CNN),
            onnx("gpt", 4, OnnxFixture.GPT),
            onnx("bert", 4, OnnxFixture.BERT));
    shares = kinds.stream().mapToInt(Kind::share).sum();
  }

  /** How many kinds of files there are. */
  int kinds() {
    return kinds.size();
  }

  /** A file as it should be. */
  HostileFile whole(int kind) {
    Kind of = kinds.get(kind);
    return file(of, of.content());
  }

  /** A damaged one; always the same for a number. */
  HostileFile damaged(long number) {
    Random random = new Random(number * 0x9E3779B97F4A7C15L);
    int place = random.nextInt(shares);
    int kind = 0;
    while (place >= kinds.get(kind).share()) {
      place -= kinds.get(kind++).share();
    }
    return file(kinds.get(kind), kinds.get(kind).damage().apply(random));
  }

  private static HostileFile file(Kind kind, byte[] content) {
    return new HostileFile(kind.name(), kind.name(), content, kind.wishes(), kind.examples());
  }

  private static Kind graph(
      String name, int share, SameDiff graph, GraphWishes wishes, MultiDataSet examples) {
    byte[] content = Graphs.file(graph);
    GraphDamage damage = new GraphDamage(content);
    return new Kind(name, share, content, damage::damaged, wishes, examples);
  }

  private static Kind onnx(
      String name, int share, byte[] content, GraphWishes wishes, MultiDataSet examples) {
    OnnxDamage damage = new OnnxDamage(content);
    return new Kind(name, share, content, damage::damaged, wishes, examples);
  }

  private static Kind onnx(String name, int share, OnnxFixture fixture) {
    return onnx(
        name,
        share,
        fixture.isSequence() ? longer(fixture.file(17)) : fixture.file(17),
        fixture.wishes(fixture.loss()),
        Graphs.part(fixture.examples(DataType.FLOAT), 0, 2));
  }

  private static GraphWishes labelled(Loss loss) {
    return new GraphWishes(
        new GraphSettings(Optional.of("logits"), Optional.of(loss), Optional.empty()),
        OptionalInt.of(CLASSES),
        List.of("x"));
  }

  /** Of a graph that has a loss. */
  private static GraphWishes outputOnly() {
    return new GraphWishes(
        new GraphSettings(Optional.of("logits"), Optional.empty(), Optional.empty()),
        OptionalInt.empty(),
        List.of("x"));
  }

  private static INDArray values(long... shape) {
    return Nd4j.rand(DataType.FLOAT, shape).subi(0.5);
  }

  private static SameDiff dense() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, FEATURES);
    SDVariable first = graph.var("first.weight", values(FEATURES, HIDDEN));
    SDVariable hidden =
        graph.math().tanh(x.mmul(first).add(graph.var("first.bias", values(HIDDEN))));
    hidden
        .mmul(graph.var("second.weight", values(HIDDEN, CLASSES)))
        .add("logits", graph.var("second.bias", values(CLASSES)));
    return graph;
  }

  /** With its optimizer's state, which is twice as long as the weights. */
  private static SameDiff trained() {
    SameDiff graph = dense();
    SDVariable labels = graph.placeHolder("y", DataType.FLOAT, -1, CLASSES);
    SDVariable gap = graph.getVariable("logits").sub(labels);
    graph.math().square(gap).sum("loss", false);
    graph.setLossVariables("loss");
    graph.setTrainingConfig(
        TrainingConfig.builder()
            .updater(Graphs.adam())
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    graph.fit(examples(true));
    return graph;
  }

  private static SameDiff tokens() {
    SameDiff graph = Graphs.tokens(DataType.FLOAT, true);
    INDArray table = graph.getVariable("embedding.weight").getArr();
    graph.getVariable("embedding.weight").setArray(values(VOCABULARY, table.size(1)));
    return graph;
  }

  private static SameDiff convolution() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 1, 8, 8);
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(3)
            .kW(3)
            .sH(1)
            .sW(1)
            .paddingMode(PaddingMode.VALID)
            .dataFormat("NCHW")
            .build();
    SDVariable first = graph.cnn().conv2d(x, graph.var("w1", values(3, 3, 1, 128)), config);
    SDVariable second =
        graph
            .cnn()
            .conv2d(graph.nn().relu(first, 0), graph.var("w2", values(3, 3, 128, 256)), config);
    SDVariable pooled = graph.nn().relu(second, 0).mean(2, 3);
    pooled.mmul("logits", graph.var("w3", values(256, CLASSES)));
    return graph;
  }

  private static MultiDataSet examples(boolean oneHot) {
    INDArray labels = oneHot ? Nd4j.eye(CLASSES).castTo(DataType.FLOAT) : Nd4j.ones(2, 1);
    return new MultiDataSet(values(oneHot ? CLASSES : 2, FEATURES), labels);
  }

  private static MultiDataSet images() {
    return new MultiDataSet(values(2, 1, 8, 8), Nd4j.ones(2, 1));
  }

  private static MultiDataSet sentences() {
    return Graphs.sentences(DataType.FLOAT, 2, 5, 1, true);
  }

  private static TensorProto tensor(String name, long... shape) {
    INDArray values = values(shape);
    byte[] raw = new byte[Math.toIntExact(4 * values.length())];
    java.nio.ByteBuffer.wrap(raw)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .put(values.data().asFloat());
    TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(1);
    for (long dimension : shape) {
      tensor.addDims(dimension);
    }
    return tensor.setRawData(ByteString.copyFrom(raw)).build();
  }

  private static byte[] perceptron() {
    return OnnxFiles.file(
        GraphProto.newBuilder()
            .setName("perceptron")
            .addInput(OnnxFiles.value("x", FEATURES))
            .addOutput(OnnxFiles.value("logits", CLASSES))
            .addInitializer(tensor("w1", FEATURES, HIDDEN))
            .addInitializer(tensor("b1", HIDDEN))
            .addInitializer(tensor("w2", HIDDEN, CLASSES))
            .addInitializer(tensor("b2", CLASSES))
            .addNode(OnnxFiles.node("Gemm", "first", "x", "w1", "b1"))
            .addNode(OnnxFiles.node("Relu", "hidden", "first"))
            .addNode(OnnxFiles.node("Gemm", "logits", "hidden", "w2", "b2")));
  }

  /** The same with many more rows in its embedding, so that its weights are most of it. */
  private static byte[] longer(byte[] content) {
    try {
      ModelProto.Builder file = ModelProto.parseFrom(content).toBuilder();
      for (TensorProto.Builder tensor : file.getGraphBuilder().getInitializerBuilderList()) {
        if (tensor.getName().endsWith("word_embeddings.weight")
            || tensor.getName().equals("tokens.weight")) {
          INDArray values = values(VOCABULARY, tensor.getDims(1));
          tensor.setRawData(tensor("", values.shape()).getRawData()).setDims(0, VOCABULARY);
        }
      }
      return file.build().toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
