/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.settings.FineTuneSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** {@code model.fine-tune}, held against Deeplearning4j's own {@code TransferLearning}. */
class FineTuningTest {

  private static final int EXAMPLES = 22;

  @TempDir Path folder;

  private static NeuralNetConfiguration.Builder base() {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .dataType(DataType.DOUBLE)
        .updater(new Adam(1e-2))
        .l2(1e-3)
        .weightInit(WeightInit.XAVIER)
        .activation(Activation.TANH);
  }

  private static OutputLayer output(int classes) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .name("head")
        .nOut(classes)
        .activation(Activation.SOFTMAX)
        .build();
  }

  /** A small image model with batch normalization, trained a little. */
  private static MultiLayerNetwork sequential() {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            base()
                .list()
                .layer(new ConvolutionLayer.Builder(3, 3).name("conv").nOut(4).build())
                .layer(new BatchNormalization.Builder().name("norm").build())
                .layer(
                    new SubsamplingLayer.Builder()
                        .name("pool")
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new DenseLayer.Builder().name("dense").nOut(7).build())
                .layer(output(5))
                .setInputType(InputType.convolutional(8, 8, 1))
                .build());
    net.init();
    for (int i = 0; i < 3; i++) {
      net.fit(images(i, 5));
    }
    return net;
  }

  private static ComputationGraph graph() {
    ComputationGraph net =
        new ComputationGraph(
            base()
                .graphBuilder()
                .addInputs("in")
                .addLayer("a", new DenseLayer.Builder().nOut(6).build(), "in")
                .addLayer("b", new DenseLayer.Builder().nOut(6).build(), "a")
                .addVertex(
                    "sum",
                    new org.deeplearning4j.nn.conf.graph.ElementWiseVertex(
                        org.deeplearning4j.nn.conf.graph.ElementWiseVertex.Op.Add),
                    "a",
                    "b")
                .addLayer("c", new DenseLayer.Builder().nOut(6).build(), "sum")
                .addLayer("head", output(5), "c")
                .setOutputs("head")
                .setInputTypes(InputType.feedForward(64))
                .build());
    net.init();
    for (int i = 0; i < 3; i++) {
      DataSet flat = flat(images(i, 5));
      net.fit(flat);
    }
    return net;
  }

  private static DataSet flat(DataSet data) {
    return new DataSet(data.getFeatures().reshape(data.numExamples(), 64), data.getLabels());
  }

  private static DataSet images(int seed, int classes) {
    Nd4j.getRandom().setSeed(seed + 1);
    INDArray x = Nd4j.randn(DataType.DOUBLE, EXAMPLES, 1, 8, 8);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, EXAMPLES, classes);
    for (int i = 0; i < EXAMPLES; i++) {
      y.putScalar(i, (i * 3 + seed) % classes, 1);
    }
    return new DataSet(x, y);
  }

  private byte[] saved(Model net) throws IOException {
    Path file = folder.resolve("trained.zip");
    if (net instanceof MultiLayerNetwork sequential) {
      sequential.save(file.toFile(), true);
    } else {
      ((ComputationGraph) net).save(file.toFile(), true);
    }
    return Files.readAllBytes(file);
  }

  private static ModelSource tuned(byte[] model, String hocon) {
    FineTuneSettings settings = Updaters.fineTune(hocon);
    return ModelSource.read("trained.zip", model, 5).fineTuned(settings, 5);
  }

  private static Replica replica(ModelSource source, int threads) {
    byte[] archive = source.archive();
    return new Replica(() -> new ByteArrayInputStream(archive), 16, threads);
  }

  private static Model model(Replica replica) {
    return ((Dl4jNetwork) replica.network()).model();
  }

  /** In micro-batches of 5, side by side. */
  private static void update(Replica replica, DataSet data) {
    List<MultiDataSet> batches = new ArrayList<>();
    for (int from = 0; from < EXAMPLES; from += 5) {
      int to = Math.min(EXAMPLES, from + 5);
      batches.add(
          new MultiDataSet(
              data.getFeatures().get(NDArrayIndex.interval(from, to)),
              data.getLabels().get(NDArrayIndex.interval(from, to))));
    }
    replica.clear();
    try {
      replica.accumulate(batches.size(), batches.iterator()::next, pass -> pass);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    replica.update(EXAMPLES, replica.gradientSumNorm(), OptionalDouble.empty());
  }

  private static double distance(INDArray a, INDArray b) {
    return a.reshape(a.length()).sub(b.reshape(b.length())).amaxNumber().doubleValue();
  }

  @Test
  void aSequentialModelIsTunedAsTransferLearningAndOneBigBatchDo() throws IOException {
    MultiLayerNetwork trained = sequential();
    try (Replica replica =
        replica(tuned(saved(trained), "freeze-until = pool, replace-output { classes = 3 }"), 2)) {
      Model ours = model(replica);
      MultiLayerNetwork theirs =
          new TransferLearning.Builder(trained)
              .fineTuneConfiguration(FineTuneConfiguration.builder().seed(5).build())
              .setFeatureExtractor(2)
              .nOutReplace(4, 3, WeightInit.XAVIER)
              .build();
      assertThat(((MultiLayerNetwork) ours).getLayerWiseConfigurations().getConf(1).getLayer())
          .isEqualTo(theirs.getLayerWiseConfigurations().getConf(1).getLayer());
      // Weights of the new output are drawn; all else is the trained model's.
      for (String kept : List.of("0_W", "0_b", "1_gamma", "1_mean", "1_log10stdev", "3_W", "3_b")) {
        assertThat(distance(ours.getParam(kept), trained.getParam(kept))).as(kept).isZero();
      }
      assertThat(ours.getParam("4_W").shape()).containsExactly(7, 3);
      theirs.getParam("4_W").assign(ours.getParam("4_W"));
      theirs.getParam("4_b").assign(ours.getParam("4_b"));
      for (int i = 0; i < 6; i++) {
        theirs.fit(images(10 + i, 3));
        update(replica, images(10 + i, 3));
      }
      assertThat(distance(ours.params(), theirs.params())).isLessThan(1e-10);
      assertThat(
              distance(replica.network().updaterState(), theirs.getUpdater().getStateViewArray()))
          .isLessThan(1e-10);
      for (String frozen : List.of("0_W", "0_b", "1_gamma", "1_beta", "1_mean", "1_log10stdev")) {
        assertThat(ours.getParam(frozen).dup().data())
            .as(frozen)
            .isEqualTo(trained.getParam(frozen).dup().data());
      }
    }
  }

  /** The last has a vertex without parameters below it. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "c"})
  void aGraphIsTunedAsTransferLearningAndOneBigBatchDo(String last) throws IOException {
    ComputationGraph trained = graph();
    try (Replica replica =
        replica(
            tuned(saved(trained), "freeze-until = " + last + ", replace-output { classes = 3 }"),
            3)) {
      Model ours = model(replica);
      ComputationGraph theirs =
          new TransferLearning.GraphBuilder(trained)
              .fineTuneConfiguration(FineTuneConfiguration.builder().seed(5).build())
              .setFeatureExtractor(last)
              .removeVertexKeepConnections("head")
              .addLayer(
                  "head",
                  new OutputLayer.Builder(LossFunction.MCXENT)
                      .nIn(6)
                      .nOut(3)
                      .activation(Activation.SOFTMAX)
                      .updater(new Adam(1e-2))
                      .l2(1e-3)
                      .build(),
                  "c")
              .build()
              // Which forgets the type.
              .convertDataType(DataType.DOUBLE);
      for (String same : List.of("a", "b", "sum", "c")) {
        assertThat(((ComputationGraph) ours).getConfiguration().getVertices().get(same))
            .as(same)
            .hasSameClassAs(theirs.getConfiguration().getVertices().get(same));
      }
      for (String kept : List.of("a_W", "b_W", "c_W", "c_b")) {
        assertThat(distance(ours.getParam(kept), trained.getParam(kept))).as(kept).isZero();
      }
      theirs.setParams(ours.params());
      for (int i = 0; i < 6; i++) {
        DataSet data = flat(images(10 + i, 3));
        theirs.fit(data);
        update(replica, data);
      }
      assertThat(distance(ours.params(), theirs.params())).isLessThan(1e-10);
      for (String frozen : List.of("a", "b", "c")) {
        if (frozen.compareTo(last) > 0) {
          continue;
        }
        assertThat(ours.getParam(frozen + "_W").dup().data())
            .as(frozen)
            .isEqualTo(trained.getParam(frozen + "_W").dup().data());
      }
    }
  }

  @Test
  void aLayerBetweenFrozenOnesMayStayAsItIs() throws IOException {
    ComputationGraph trained =
        new ComputationGraph(
            base()
                .graphBuilder()
                .addInputs("in")
                .addLayer("a", new DenseLayer.Builder().nOut(6).build(), "in")
                .addLayer("steep", new ActivationLayer(Activation.CUBE), "a")
                .addLayer("c", new DenseLayer.Builder().nOut(6).build(), "steep")
                .addLayer("head", output(5), "c")
                .setOutputs("head")
                .setInputTypes(InputType.feedForward(64))
                .build());
    trained.init();
    try (Replica replica = replica(tuned(saved(trained), "freeze = [a, c]"), 2);
        Replica until = replica(tuned(saved(trained), "freeze-until = c"), 2)) {
      for (int i = 0; i < 3; i++) {
        DataSet data = flat(images(10 + i, 5));
        update(replica, data);
        update(until, data);
      }
      Model ours = model(replica);
      for (String frozen : List.of("a_W", "a_b", "c_W", "c_b")) {
        assertThat(distance(ours.getParam(frozen), trained.getParam(frozen))).as(frozen).isZero();
      }
      assertThat(distance(ours.getParam("head_W"), trained.getParam("head_W"))).isPositive();
      assertThat(distance(ours.params(), model(until).params())).isZero();
    }
  }

  @Test
  void frozenPartsAreNeitherSummedNorKeptByTheUpdater() throws IOException {
    byte[] saved = saved(sequential());
    ModelSource whole = ModelSource.read("whole", saved, 5);
    ModelSource tuned = tuned(saved, "freeze-until = norm");
    long frozen = 4 * 9 + 4 + 4 * 4;
    assertThat(tuned.gradientCount()).isEqualTo(whole.gradientCount() - frozen);
    assertThat(tuned.parameterCount()).isEqualTo(whole.parameterCount());
    assertThat(tuned.updaterStateCount()).isEqualTo(2 * tuned.gradientCount());
    assertThat(tuned.layersWithStatistics()).isEmpty();
    assertThat(tuned.notes())
        .contains(
            "56 of 355 parameters are frozen (conv, norm): they stay as they are, and take no part in sums between workers");
    try (Replica replica = replica(tuned, 1)) {
      assertThat(replica.reduceMemory().sizeBytes())
          .isEqualTo(8 * (whole.gradientCount() - frozen) + 16);
    }
  }

  @Test
  void aFrozenLayerInTheMiddleLetsGradientsThrough() throws IOException {
    MultiLayerNetwork trained = sequential();
    try (Replica replica = replica(tuned(saved(trained), "freeze = [\"no*\", dense]"), 2)) {
      Model ours = model(replica);
      for (int i = 0; i < 3; i++) {
        update(replica, images(10 + i, 5));
      }
      for (String frozen : List.of("1_gamma", "1_beta", "1_mean", "1_log10stdev", "3_W", "3_b")) {
        assertThat(ours.getParam(frozen).dup().data())
            .as(frozen)
            .isEqualTo(trained.getParam(frozen).dup().data());
      }
      for (String moved : List.of("0_W", "0_b", "4_W", "4_b")) {
        assertThat(distance(ours.getParam(moved), trained.getParam(moved)))
            .as(moved)
            .isGreaterThan(1e-3);
      }
      assertThat(replica.gradientCount()).isEqualTo(replica.parameterCount() - 16 - 36 * 7 - 7);
      assertThat(replica.state().updaterValueCount()).isEqualTo(2 * replica.gradientCount());
    }
  }

  @Test
  void whatGoesBackThroughAFrozenNormalizationIsTheDerivativeOfTheLoss() throws IOException {
    for (byte[] saved : List.of(saved(sequential()), saved(denseNormalized()))) {
      try (Replica replica = replica(tuned(saved, "freeze = norm"), 1)) {
        Model net = model(replica);
        DataSet data = net.getParam("0_W").rank() == 4 ? images(4, 5) : flat(images(4, 5));
        MultiDataSet batch = new MultiDataSet(data.getFeatures(), data.getLabels());
        replica.network().backpropagate(batch);
        INDArray gradient = replica.network().gradient().dup();
        ParameterRange weights =
            replica.network().ranges().stream()
                .filter(range -> range.parameter().equals("W"))
                .findFirst()
                .orElseThrow();
        INDArray parameters = replica.network().parameters();
        for (long at = weights.offset(); at < weights.offset() + 12; at++) {
          double own = parameters.getDouble(at);
          parameters.putScalar(at, own + 1e-5);
          double above = replica.network().loss(batch);
          parameters.putScalar(at, own - 1e-5);
          double below = replica.network().loss(batch);
          parameters.putScalar(at, own);
          assertThat(gradient.getDouble(at))
              .isCloseTo((above - below) / 2e-5, org.assertj.core.api.Assertions.offset(1e-6));
        }
      }
    }
  }

  private static MultiLayerNetwork denseNormalized() {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            base()
                .list()
                .layer(new DenseLayer.Builder().name("a").nOut(6).build())
                .layer(new BatchNormalization.Builder().name("norm").useLogStd(false).build())
                .layer(output(5))
                .setInputType(InputType.feedForward(64))
                .build());
    net.init();
    net.fit(flat(images(1, 5)));
    return net;
  }

  @Test
  void theArchivesOptimizerGoesOnWhereItIsWanted() throws IOException {
    MultiLayerNetwork trained = sequential();
    byte[] saved = saved(trained);
    assertThat(replica(tuned(saved, "freeze-until = conv"), 1).iteration()).isZero();
    try (Replica replica = replica(tuned(saved, "freeze-until = conv, updater = archive"), 1)) {
      assertThat(replica.iteration()).isEqualTo(3);
      INDArray state = replica.network().updaterState();
      INDArray before = trained.getUpdater().getStateViewArray();
      // Behind the frozen layer: scale and shift, statistics without state, then the rest.
      assertThat(distance(part(state, 0, 16), gammaAndBeta(before))).isZero();
      long rest = (state.length() - 16) / 2;
      assertThat(
              distance(
                  part(state, 16, state.length()),
                  part(before, before.length() - 2 * rest, before.length())))
          .isZero();
    }
    assertThatThrownBy(
            () -> tuned(savedWithoutState(trained), "freeze-until = conv, updater = archive"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model.fine-tune.updater = archive: trained.zip holds no state");
  }

  /** The first block of the trained model has the convolution's state, too. */
  private static INDArray gammaAndBeta(INDArray state) {
    long block = 4 * 9 + 4 + 8;
    return Nd4j.concat(0, part(state, block - 8, block), part(state, 2 * block - 8, 2 * block));
  }

  private static INDArray part(INDArray vector, long from, long to) {
    return vector.reshape(vector.length()).get(NDArrayIndex.interval(from, to));
  }

  private byte[] savedWithoutState(MultiLayerNetwork net) throws IOException {
    Path file = folder.resolve("plain.zip");
    net.save(file.toFile(), false);
    return Files.readAllBytes(file);
  }

  @Test
  void layersComeBeforeTheNewOutput() throws IOException {
    String add =
        "add = [{ \"@class\" = \"org.deeplearning4j.nn.conf.layers.DenseLayer\", nout = 9, hasBias = true,"
            + " activationFn { \"@class\" = \"org.nd4j.linalg.activations.impl.ActivationReLU\" } }]";
    byte[] first = saved(sequential());
    for (byte[] saved : List.of(first, saved(graph()))) {
      ModelSource source = tuned(saved, "replace-output { units = 2, loss = mse }, " + add);
      try (Replica replica = replica(source, 2)) {
        assertThat(
                ParameterRange.layers(
                    replica.network().ranges(), ParameterRange.RangeKind.GRADIENT))
            .contains("added1", "head");
        assertThat(((Dl4jNetwork) replica.network()).configurationJson()).contains("LossMSE");
        assertThat(model(replica).getParam(saved == first ? "4_W" : "added1_W").shape())
            .containsExactly(saved == first ? 7 : 6, 9);
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByName() throws IOException {
    byte[] saved = saved(sequential());
    refused(
        saved,
        "freeze-until = convolution",
        "freeze-until = convolution: trained.zip has no such layer; it has conv, norm, pool, dense, head");
    refused(saved, "freeze = \"x*\"", "model.fine-tune.freeze: 'x*' fits no layer of trained.zip");
    refused(
        saved,
        "replace-output { classes = 4, pooling = mean }",
        "model.fine-tune.replace-output.pooling is for SameDiff graphs and ONNX models; trained.zip has layers");
    refused(
        saved,
        "freeze-until = head",
        "layer head of trained.zip has the loss and cannot be frozen");
    refused(
        saved,
        "freeze = [conv, norm, dense, pool], replace-output { units = 3 }",
        "replace-output.units = 3: the loss of head");
    refused(saved, "replace-output { loss = mcxent, activation = sigmoid }", "needs softmax");
    assertThatThrownBy(
            () ->
                ModelSource.read("m.json", Configurations.bytes(Configurations.dense()), 5)
                    .fineTuned(Updaters.fineTune("freeze-until = layer0"), 5))
        .hasMessageContaining("m.json is a configuration without parameters");
  }

  private static void refused(byte[] model, String hocon, String sentence) {
    assertThatThrownBy(() -> tuned(model, hocon))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(sentence);
  }

  private static byte[] whole(MultiLayerNetwork net) throws IOException {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    ModelSerializer.writeModel(net, zip, true);
    return zip.toByteArray();
  }

  private static MultiLayerNetwork initialised(MultiLayerConfiguration conf) {
    MultiLayerNetwork net = new MultiLayerNetwork(conf);
    net.init();
    return net;
  }

  @Test
  void aFrozenLayerOfTheModelsOwnIsMovedByNoPenalty() throws IOException {
    DenseLayer dense = new DenseLayer.Builder().nOut(6).updater(new Sgd(0.5)).build();
    MultiLayerNetwork own =
        initialised(
            base()
                .weightDecay(1e-2)
                .list()
                .layer(new DenseLayer.Builder().nOut(6).build())
                .layer(new FrozenLayerWithBackprop(dense))
                .layer(output(5))
                .setInputType(InputType.feedForward(64))
                .build());
    byte[] saved = whole(own);
    try (Replica replica = replica(ModelSource.read("own.zip", saved, 5), 2)) {
      for (int i = 0; i < 3; i++) {
        update(replica, flat(images(i, 5)));
      }
      for (String frozen : List.of("1_W", "1_b")) {
        assertThat(distance(model(replica).getParam(frozen), own.getParam(frozen)))
            .as(frozen)
            .isZero();
      }
      assertThat(distance(model(replica).getParam("0_W"), own.getParam("0_W"))).isPositive();
    }
    MultiLayerNetwork plain = MultiLayerNetwork.load(file(saved), true);
    plain.fit(flat(images(0, 5)));
    assertThat(distance(plain.getParam("1_W"), own.getParam("1_W")))
        .as("what Deeplearning4j does")
        .isPositive();
  }

  private java.io.File file(byte[] content) throws IOException {
    return Files.write(folder.resolve("own.zip"), content).toFile();
  }

  @Test
  void theLearningRateThatIsToldIsThatOfWhatIsTrained() throws IOException {
    DenseLayer first = new DenseLayer.Builder().nOut(6).updater(new Sgd(0.5)).build();
    for (org.deeplearning4j.nn.conf.layers.Layer frozen :
        List.of(FrozenLayers.last("a", first.clone()), new FrozenLayerWithBackprop(first))) {
      byte[] saved =
          whole(
              initialised(
                  base()
                      .list()
                      .layer(frozen)
                      .layer(output(5))
                      .setInputType(InputType.feedForward(64))
                      .build()));
      try (Replica replica = replica(ModelSource.read("own.zip", saved, 5), 1)) {
        assertThat(replica.learningRate()).isEqualTo(1e-2);
      }
    }
  }

  @Test
  void aModelThatIsFrozenAsAWholeIsRefused() throws IOException {
    byte[] saved =
        whole(
            initialised(
                base()
                    .list()
                    .layer(FrozenLayers.last("a", new DenseLayer.Builder().nOut(5).build()))
                    .layer(new LossLayer.Builder(LossFunction.MSE).build())
                    .setInputType(InputType.feedForward(64))
                    .build()));
    DataSet data = flat(images(1, 5));
    assertThatThrownBy(
            () ->
                ModelSource.read("own.zip", saved, 5)
                    .trials()
                    .check(new MultiDataSet(data.getFeatures(), data.getLabels()), "64 values"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "own.zip: every layer that has parameters is frozen, so that nothing is left to train");
  }

  @Test
  void layersOfOneNameAreRefused() throws IOException {
    byte[] saved =
        whole(
            initialised(
                base()
                    .list()
                    .layer(new DenseLayer.Builder().name("a").nOut(5).build())
                    .layer(new DenseLayer.Builder().name("a").nOut(5).build())
                    .layer(output(5))
                    .setInputType(InputType.feedForward(64))
                    .build()));
    refused(
        saved,
        "replace-output { classes = 3 }",
        "trained.zip has several layers of the name a; give each a name of its own");
  }

  @Test
  void whatKerasStartsWithIsKept() throws IOException {
    byte[] keras =
        KerasFixture.all().stream()
            .filter(fixture -> fixture.file().equals("tf215/optimizer-adagrad.h5"))
            .findFirst()
            .orElseThrow()
            .content();
    double start =
        new Replica(ModelSource.read("k.h5", keras, 5).archive(), 16)
            .network()
            .updaterState()
            .getDouble(0);
    assertThat(start).isGreaterThan(0.01);
    ModelSource tuned =
        ModelSource.read("k.h5", keras, 5)
            .fineTuned(Updaters.fineTune("replace-output { units = 7, loss = mse }"), 5);
    INDArray state = new Replica(tuned.archive(), 16).network().updaterState();
    assertThat(state.minNumber().doubleValue()).isEqualTo(start);
    assertThat(state.maxNumber().doubleValue()).isEqualTo(start);
  }

  @Test
  void addedLayersHaveWhatTheBuilderGivesThemAndInnerOnesToo() throws IOException {
    MultiLayerNetwork steps =
        initialised(
            base()
                .list()
                .layer(new SimpleRnn.Builder().name("read").nOut(4).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .name("head")
                        .nOut(5)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.recurrent(8, 8))
                .build());
    String lstm =
        "{ \"@class\" = \"org.deeplearning4j.nn.conf.layers.LSTM\", nout = 3, layerName = %s }";
    ModelSource source =
        tuned(
            saved(steps),
            "replace-output { classes = 5 }, add = ["
                + lstm.formatted("one")
                + ", { \"@class\" = \"org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional\","
                + " layerName = both, mode = CONCAT, fwd "
                + lstm.formatted("f")
                + ", bwd "
                + lstm.formatted("b")
                + " }]");
    MultiLayerConfiguration conf =
        MultiLayerConfiguration.fromJson(source.configurationJson().orElseThrow());
    assertThat(((LSTM) conf.getConf(1).getLayer()).getForgetGateBiasInit()).isEqualTo(1);
    Bidirectional both = (Bidirectional) conf.getConf(2).getLayer();
    assertThat(((LSTM) both.getFwd()).getForgetGateBiasInit()).isEqualTo(1);
    assertThat(((LSTM) both.getFwd()).getIUpdater()).isEqualTo(new Adam(1e-2));
    refused(
        saved(steps),
        "replace-output { classes = 5 }, add = [{ \"@class\" = \"org.deeplearning4j.nn.conf.layers.misc.FrozenLayer\", layer "
            + lstm.formatted("f")
            + " }]",
        "model.fine-tune.add[0] is frozen");
  }

  /** In the words of model.layers as in Deeplearning4j's own. */
  @Test
  void addedLayersAreThoseOfTheirJson() throws IOException {
    String output = "replace-output { classes = 5 }, add = ";
    String json = "{ \"@class\" = \"org.deeplearning4j.nn.conf.layers.%s\", %s }";
    String relu =
        "activationFn { \"@class\" = \"org.nd4j.linalg.activations.impl.ActivationReLU\" }";
    ModelSource ofJson =
        tuned(
            saved(sequential()),
            output
                + "["
                + json.formatted("DenseLayer", "nout = 9, layerName = wide, " + relu)
                + ", "
                + json.formatted("ActivationLayer", relu)
                + "]");
    ModelSource described =
        tuned(
            saved(sequential()),
            output + "[{ dense = 9, activation = relu, name = wide }, { activation = relu }]");
    assertThat(described.configurationJson()).isEqualTo(ofJson.configurationJson());
    assertThat(described.archive()).isEqualTo(ofJson.archive());
  }

  @Test
  void classesOfALossThatHasNoneGetSoftmaxAndAWord() throws IOException {
    ModelSource values = tuned(saved(sequential()), "replace-output { units = 4, loss = mse }");
    byte[] archive = values.archive();
    ModelSource classes =
        ModelSource.read("trained.zip", archive, 5)
            .fineTuned(Updaters.fineTune("replace-output { classes = 6 }"), 5);
    assertThat(classes.notes())
        .contains(
            "output head has softmax and the loss mcxent instead of LossMSE, which is none of classes");
    assertThat(classes.signature().outputs().get(0).labels())
        .isEqualTo(ModelSignature.Labels.ONE_HOT);
  }
}
