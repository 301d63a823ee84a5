/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.replica.GraphWishes.NewOutput;
import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.samediff.GraphFreezing;
import io.cairn.replica.samediff.GraphHead;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.ops.transforms.Transforms;

/** {@code model.fine-tune.replace-output} of graphs; PyTorch's numbers are {@code tuned.npz}'s. */
class GraphHeadTest {

  private static final int UPDATES = 20;
  private static final long SEED = 5;
  private static final String HIDDEN = "/model/bert/encoder/layer.1/output/LayerNorm/";
  private static final String LAST = HIDDEN + "LayerNormalization_output_0";
  private static final String POOLED = "/model/bert/pooler/activation/Tanh_output_0";
  private static final String LAST_OF_GPT = "/last/LayerNormalization_output_0";

  /** What the settings say, of a new output over a value. */
  private static GraphWishes wishes(
      OnnxFixture fixture, Loss loss, String output, int classes, String hocon, long seed) {
    FineTuneSettings tune = Updaters.fineTune("replace-output { %s }".formatted(hocon));
    return new GraphWishes(
        new GraphSettings(Optional.of(output), Optional.of(loss), Optional.empty()),
        OptionalInt.of(classes),
        fixture.inputs(),
        Optional.of(new NewOutput(tune.output().orElseThrow(), seed)));
  }

  private static ModelSource bert(String output, String hocon) {
    return bert(17, output, hocon);
  }

  private static ModelSource bert(int opset, String output, String hocon) {
    GraphWishes wishes = wishes(OnnxFixture.BERT, Loss.SPARSE, output, 4, hocon, SEED);
    return ModelSource.read("bert.onnx", OnnxFixture.BERT.file(opset), SEED, wishes)
        .fineTuned(Updaters.fineTune("replace-output { %s }".formatted(hocon)), SEED);
  }

  private static double gap(INDArray found, INDArray expected) {
    return found.reshape(expected.shape()).sub(expected).amaxNumber().doubleValue();
  }

  private static INDArray softmax(INDArray values) {
    long units = values.size(values.rank() - 1);
    INDArray rows = values.reshape('c', new long[] {values.length() / units, units});
    return Transforms.softmax(rows, true).reshape('c', values.shape());
  }

  @ParameterizedTest
  @CsvSource({
    "first, BERT, " + LAST + ", 4, pooling = first",
    "mean, BERT, " + LAST + ", 4, pooling = mean",
    "none, BERT, " + POOLED + ", 4, pooling = none",
    "tokens, GPT, " + LAST_OF_GPT + ", 5, pooling = none"
  })
  void twentyUpdatesAreThoseOfPyTorchWithTheSameHead(
      String name, OnnxFixture fixture, String output, int classes, String hocon) {
    Map<String, INDArray> arrays = OnnxFixture.tuned();
    GraphWishes wishes = wishes(fixture, fixture.loss(), output, classes, hocon, SEED);
    GraphModel model = OnnxReader.read("m.onnx", fixture.file("double"), wishes, DataType.DOUBLE);
    if (name.equals("mean")) {
      FineTuneSettings tune = Updaters.fineTune("freeze-until = model.bert.encoder.layer.0");
      model = model.frozen(new GraphFreezing(model, "m.onnx").wanted(tune));
    }
    GraphHead head = model.roles().head().orElseThrow();
    model.graph().getVariable(head.weight()).getArr().assign(arrays.get(name + "/weight"));
    model.graph().getVariable(head.bias()).getArr().assign(arrays.get(name + "/bias"));
    SameDiffNetwork network = fixture.adamW(UPDATES, model);
    MultiDataSet all = fixture.examples(DataType.DOUBLE);
    INDArray labels = arrays.get(name + "/labels").castTo(DataType.DOUBLE);
    all.setLabels(0, labels.reshape(all.getLabels(0).shape()));
    for (int update = 0; update < UPDATES; update++) {
      assertThat(OnnxFixture.update(network, all))
          .as("loss before update %d", update + 1)
          .isCloseTo(arrays.get(name + "/losses").getDouble(update), offset(1e-11));
    }
    assertThat(gap(network.output(all)[0], softmax(arrays.get(name + "/output"))))
        .isLessThan(1e-10);
  }

  private static Map<String, byte[]> entries(Replica replica) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    replica.network().write(out);
    Map<String, byte[]> entries = new HashMap<>(Map.of("model.zip", out.toByteArray()));
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }

  private static void update(Replica replica) {
    replica.clear();
    replica.accumulate(OnnxFixture.BERT.examples(DataType.FLOAT), 1);
    replica.updateWeighted(24, 24, replica.gradientSumNorm(), OptionalDouble.empty());
  }

  /** The file in all opsets that write axes otherwise, with what onnxruntime computes of it. */
  @ParameterizedTest
  @CsvSource({
    "11, " + HIDDEN + "Add_1_output_0, first",
    "11, " + HIDDEN + "Add_1_output_0, mean",
    "17, " + LAST + ", first",
    "17, " + LAST + ", mean",
    "17, " + POOLED + ", none"
  })
  void theOnnxFileServesTheNewOutput(int opset, String output, String pooling) throws Exception {
    try (Replica replica = new Replica(bert(opset, output, "pooling = " + pooling).archive(), 0)) {
      byte[] drawn = entries(replica).get("model.onnx");
      INDArray found = replica.network().output(OnnxFixture.BERT.examples(DataType.FLOAT))[0];
      requireThatOnnxruntimeAgrees("%s%d".formatted(pooling, opset), drawn, found);
      update(replica);
      byte[] trained = entries(replica).get("model.onnx");
      GraphProto graph = ModelProto.parseFrom(trained).getGraph();
      assertThat(graph.getOutputList().stream().map(ValueInfoProto::getName))
          .containsExactly("head.logits");
      assertThat(graph.getInitializerList().stream().map(TensorProto::getName))
          .contains("head.weight", "head.bias")
          .noneMatch(it -> it.startsWith("model.classifier"));
      assertThat(graph.getNodeList().stream().map(NodeProto::getOpType)).contains("Gemm");
      GraphWishes plain =
          new GraphWishes(
              new GraphSettings(Optional.empty(), Optional.of(Loss.SPARSE), Optional.empty()),
              OptionalInt.of(4),
              OnnxFixture.BERT.inputs());
      SameDiffNetwork again = new SameDiffNetwork(OnnxReader.read("again.onnx", trained, plain));
      MultiDataSet examples = OnnxFixture.BERT.examples(DataType.FLOAT);
      assertThat(gap(again.output(examples)[0], replica.network().output(examples)[0]))
          .isLessThan(1e-7);
    }
  }

  /**
   * {@code tuning_fixtures.py} has run the very bytes. To make them anew: {@code
   * -Dcairn.heads.to=FOLDER} writes them there.
   */
  private static void requireThatOnnxruntimeAgrees(String name, byte[] file, INDArray found)
      throws Exception {
    String to = System.getProperty("cairn.heads.to");
    if (to != null) {
      Files.write(Path.of(to, name + ".onnx"), file);
      return;
    }
    Map<String, INDArray> arrays = OnnxFixture.heads();
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(file);
    INDArray expected = arrays.get(name + "/sha256");
    for (int i = 0; i < digest.length; i++) {
      assertThat(digest[i] & 0xff).as("byte %d of the digest", i).isEqualTo(expected.getInt(i));
    }
    INDArray output = softmax(arrays.get(name + "/output"));
    assertThat(gap(found, output)).isLessThan(1e-6);
  }

  @Test
  void itsWeightsFollowFromTheSeedAndItsBiasesAreZero() {
    INDArray first = weights(SEED);
    assertThat(weights(SEED)).isEqualTo(first);
    assertThat(weights(SEED + 1)).isNotEqualTo(first);
    double variance = first.mul(first).meanNumber().doubleValue();
    assertThat(variance).isCloseTo(2.0 / (16 + 4), offset(0.05));
    assertThat(bert(LAST, "pooling = first").notes())
        .contains(
            "output head.logits is new, of the first step of %s: head.weight [16, 4] is drawn from the run's seed, head.bias [4] is zero"
                .formatted(LAST));
  }

  private static INDArray weights(long seed) {
    GraphModel model =
        OnnxReader.read(
            "m.onnx",
            OnnxFixture.BERT.file(17),
            wishes(OnnxFixture.BERT, Loss.SPARSE, LAST, 4, "pooling = first", seed));
    assertThat(model.graph().getVariable("head.bias").getArr().amaxNumber().doubleValue()).isZero();
    return model.graph().getVariable("head.weight").getArr();
  }

  private static ModelSource tokens(String hocon) {
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of("logits"), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(Graphs.CLASSES),
            List.of("input_ids", "attention_mask"),
            Optional.of(new NewOutput(replaced(hocon), SEED)));
    return ModelSource.read(
        "tokens.fb", Graphs.file(Graphs.tokens(DataType.DOUBLE, false)), SEED, wishes);
  }

  private static io.cairn.settings.OutputReplacement replaced(String hocon) {
    return Updaters.fineTune("replace-output { %s }".formatted(hocon)).output().orElseThrow();
  }

  /** Sentences of one token each as well: ND4J has traps where there is one row, or one column. */
  @ParameterizedTest
  @CsvSource({"first", "mean"})
  void gradientsOverAGraphOfSameDiffAddUpAndAgreeWithTheLoss(String pooling) {
    ModelSource source = tokens("pooling = " + pooling);
    for (int most : new int[] {12, 2}) {
      MultiDataSet all = Graphs.sentences(DataType.DOUBLE, 8, most, 4, true);
      SameDiffNetwork network = (SameDiffNetwork) new Replica(source.archive(), 0).network();
      network.backpropagate(all);
      INDArray whole = network.gradient().dup();
      INDArray sum = whole.dup().assign(0);
      for (int[] part : new int[][] {{0, 1}, {1, 4}, {4, 8}}) {
        network.backpropagate(Graphs.part(all, part[0], part[1]));
        sum.addi(network.gradient());
      }
      assertThat(gap(sum, whole)).isLessThan(1e-13);
      SelfCheckReport report =
          source.trials().selfCheck(all, SelfCheck.Allowance.of(10_000_000_000L), System::nanoTime);
      assertThat(report.refusal()).isEmpty();
    }
  }

  @Test
  void anExampleOfWhichNoStepCountsHasTheBiasesAlone() {
    MultiDataSet all = Graphs.sentences(DataType.DOUBLE, 4, 5, 4, true);
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.of("gather"), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(Graphs.CLASSES),
            List.of("input_ids", "attention_mask"),
            Optional.of(new NewOutput(replaced("pooling = mean"), SEED)));
    byte[] file = Graphs.file(Graphs.tokens(DataType.DOUBLE, true));
    SameDiffNetwork network =
        (SameDiffNetwork)
            new Replica(ModelSource.read("t.fb", file, SEED, wishes).archive(), 0).network();
    all.getFeatures(1).assign(0);
    assertThat(gap(network.output(all)[0], network.output(all)[0].dup().assign(1.0 / 3)))
        .isLessThan(1e-15);
  }

  /** As other archives; and it may get another output again. */
  @Test
  void aRunsModelGoesOnWithItAndGetsAnother() throws IOException {
    byte[] left;
    byte[] onnx;
    INDArray output;
    MultiDataSet examples = OnnxFixture.BERT.examples(DataType.FLOAT);
    ModelSource tuned =
        bert(LAST, "pooling = mean")
            .fineTuned(Updaters.fineTune("freeze = \"*embeddings*\""), SEED);
    try (Replica run = new Replica(tuned.archive(), 0)) {
      update(run);
      left = entries(run).get("model.zip");
      onnx = entries(run).get("model.onnx");
      output = run.network().output(examples)[0];
    }
    ModelSource next = ModelSource.read("model.zip", left, 1);
    assertThat(next.iteration()).isEqualTo(1);
    assertThat(next.gradientCount()).isEqualTo(tuned.gradientCount());
    try (Replica again = new Replica(next.archive(), 0)) {
      assertThat(again.network().output(examples)[0]).isEqualTo(output);
      assertThat(entries(again).get("model.onnx")).isEqualTo(onnx);
    }
    GraphWishes wishes =
        new GraphWishes(
            GraphSettings.NONE,
            OptionalInt.of(6),
            OnnxFixture.BERT.inputs(),
            Optional.of(new NewOutput(replaced("pooling = first"), SEED)));
    ModelSource other =
        ModelSource.read("model.zip", left, 1, wishes)
            .fineTuned(Updaters.fineTune("replace-output { pooling = first }"), 1);
    assertThat(other.iteration()).isZero();
    assertThat(other.signature().outputs().get(0).name()).isEqualTo("head_1.logits");
    try (Replica run = new Replica(other.archive(), 0)) {
      assertThat(run.network().output(examples)[0].shape()).isEqualTo(new long[] {24, 6});
      GraphProto graph = ModelProto.parseFrom(entries(run).get("model.onnx")).getGraph();
      assertThat(graph.getOutputList().stream().map(ValueInfoProto::getName))
          .containsExactly("head_1.logits");
      assertThat(graph.getInitializerList().stream().map(TensorProto::getName))
          .doesNotContain("head.weight", "head.axis1");
      assertThat(other.gradientCount()).isEqualTo(tuned.gradientCount() - 4 * 17 + 6 * 17);
    }
  }

  private static void refused(String output, String hocon, String words) {
    assertThatThrownBy(() -> bert(output, hocon))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith("bert.onnx: ")
        .hasMessageContaining(words);
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    refused(
        LAST,
        "classes = 4",
        "model.loss = sparse one label an example: model.fine-tune.replace-output.pooling = first");
    refused(LAST, "pooling = none", "replace-output.pooling = none: model.output = " + LAST);
    refused(
        POOLED,
        "pooling = mean",
        "has one row an example, and model.loss = sparse one label an example");
    refused(
        LAST,
        "pooling = first, mask = attention_mask",
        "mask says which steps count in a mean, and pooling is first");
    refused(
        LAST,
        "pooling = mean, mask = tokens",
        "tokens, which says which steps count, is no input of the graph");
    refused(LAST, "pooling = first, classes = 5", "replace-output.classes = 5, but the data has 4");
    refused(LAST, "pooling = first, units = 5", "units = 5: model.loss = sparse is one of classes");
    refused(
        LAST,
        "pooling = first, loss = mcxent",
        "replace-output.loss is for Deeplearning4j's layers");
    refused(
        "pooled",
        "pooling = first",
        "model.output = pooled: the graph has no variable of that name");
    refused("/model/bert/Mul_output_0", "pooling = first", "it has the shape [2, 1, 1, 2] for 2");
    refused(
        "/model/bert/encoder/layer.0/attention/self/Transpose_1_output_0",
        "pooling = first",
        "has 4 dimensions");
    GraphWishes nameless =
        new GraphWishes(
            new GraphSettings(Optional.empty(), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(4),
            List.of(),
            Optional.of(new NewOutput(replaced("pooling = first"), 1)));
    assertThatThrownBy(() -> ModelSource.read("bert.onnx", OnnxFixture.BERT.file(17), 1, nameless))
        .hasMessageContaining("model.output names the value of the file that the new output reads");
    assertThatThrownBy(
            () ->
                bert(LAST, "pooling = first")
                    .fineTuned(
                        Updaters.fineTune("freeze = \"head*\", replace-output { pooling = first }"),
                        1))
        .hasMessageContaining(
            "head.weight and head.bias are new and would stay as they were drawn");
  }
}
