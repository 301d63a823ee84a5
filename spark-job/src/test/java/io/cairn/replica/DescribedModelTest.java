/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.constraint.UnitNormConstraint;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Whole models in settings: defaults, graphs, the data's part, and what is told of mistakes. */
class DescribedModelTest {

  private static final DataShape FLAT =
      Descriptions.data(Descriptions.FLAT, Descriptions.classes(3));

  /** The examples had these files before: the same parameters, and the same configuration. */
  @ParameterizedTest
  @CsvSource({
    "quickstart.conf, digits-mlp, 64",
    "examples/class-names.conf, iris-mlp, 4",
    "examples/pictures.conf, pictures-cnn, 1x8x8",
    "examples/sequences.conf, digits-lstm, 8 in 8 steps"
  })
  void theShippedModelsAreWhatTheirFilesSay(String conf, String file, String input)
      throws Exception {
    String text = Files.readString(Path.of("../conf").resolve(conf));
    String shipped = Files.readString(Path.of("../conf/models/" + file + ".json"));
    MultiLayerNetwork of = network(shipped);
    String model = text.replaceFirst("(?s).*\nmodel \\{\n(.*?)\n\\}\n.*", "$1");
    DataShape.Input in =
        switch (input) {
          case "1x8x8" -> new DataShape.Input.Shaped(List.of(1, 8, 8), DataShape.Channels.FIRST);
          case "8 in 8 steps" -> new DataShape.Input.Sequence(8, 8);
          default -> new DataShape.Input.Flat(Integer.parseInt(input));
        };
    int classes = (int) of.output(example(in)).size(1);
    MultiLayerNetwork described =
        network(Descriptions.json(model, Descriptions.data(in, Descriptions.classes(classes))));
    assertThat(described.params()).isEqualTo(of.params());
    assertThat(described.getLayerWiseConfigurations().toJson())
        .isEqualTo(of.getLayerWiseConfigurations().toJson());
  }

  private static INDArray example(DataShape.Input input) {
    if (input instanceof DataShape.Input.Flat flat) {
      return Nd4j.zeros(DataType.FLOAT, 1, flat.values());
    }
    return input instanceof DataShape.Input.Sequence
        ? Nd4j.zeros(DataType.FLOAT, 1, 8, 8)
        : Nd4j.zeros(DataType.FLOAT, 1, 1, 8, 8);
  }

  private static MultiLayerNetwork network(String json) {
    MultiLayerConfiguration conf = MultiLayerConfiguration.fromJson(json);
    conf.getConfs().forEach(layer -> layer.setSeed(Descriptions.SEED));
    MultiLayerNetwork net = new MultiLayerNetwork(conf);
    net.init();
    return net;
  }

  @Test
  void defaultsHoldForAllLayersAsInTheBuilder() {
    String described =
        Descriptions.json(
            """
            layers = [{ dense = 5 }, { dense = 4, l2 = 0 , activation = tanh }, output]
            defaults {
              activation = elu, weight-init = he-normal, l2 = 1e-3, l1-bias = 1e-4, dropout = 0.9
              updater { class = Sgd, learning-rate = 0.1 }, constrain-weights { class = UnitNorm, dimensions = [1] }
              gradient-normalization = renormalize-l2-per-layer, data-type = double, mini-batch = true
            }
            """
                .replace("he-normal", "relu"),
            FLAT);
    String built =
        new NeuralNetConfiguration.Builder()
            .seed(Descriptions.SEED)
            .activation(Activation.ELU)
            .weightInit(WeightInit.RELU)
            .l2(1e-3)
            .l1Bias(1e-4)
            .dropOut(0.9)
            .updater(new Sgd(0.1))
            .constrainWeights(new UnitNormConstraint(1))
            .gradientNormalization(
                org.deeplearning4j.nn.conf.GradientNormalization.RenormalizeL2PerLayer)
            .dataType(DataType.DOUBLE)
            .list()
            .layer(new DenseLayer.Builder().nOut(5).build())
            .layer(new DenseLayer.Builder().nOut(4).l2(0).activation(Activation.TANH).build())
            .layer(output(3))
            .setInputType(InputType.feedForward(4))
            .build()
            .toJson();
    assertThat(described).isEqualTo(built);
  }

  @Test
  void withoutAnUpdaterItIsAdamAndThatIsSaid() {
    DescribedModel model = DescribedModel.of(Descriptions.settings("layers = [output]"));
    assertThat(model.notes())
        .containsExactly(
            "model.layers does not say an updater (model.defaults.updater): Adam with ND4J's defaults, learning rate 0.001");
    assertThat(model.json(FLAT, 1)).contains("org.nd4j.linalg.learning.config.Adam");
    assertThat(
            DescribedModel.of(
                    Descriptions.settings("layers = [output], defaults { updater = sgd }"))
                .notes())
        .isEmpty();
  }

  @Test
  void channelsLastComesWithTheData() {
    DataShape data =
        Descriptions.data(
            new DataShape.Input.Shaped(List.of(8, 9, 3), DataShape.Channels.LAST),
            Descriptions.classes(3));
    String built =
        new NeuralNetConfiguration.Builder()
            .seed(Descriptions.SEED)
            .updater(new Adam())
            .convolutionMode(ConvolutionMode.Same)
            .list()
            .layer(new ConvolutionLayer.Builder(3, 3).nOut(4).build())
            .layer(output(3))
            .setInputType(InputType.convolutional(8, 9, 3, CNN2DFormat.NHWC))
            .build()
            .toJson();
    String model =
        "layers = [{ conv = 4, kernel = 3 }, output], defaults { convolution-mode = same }";
    assertThat(Descriptions.json(model, data)).isEqualTo(built).contains("NHWC");
    DataShape unsaid =
        Descriptions.data(
            new DataShape.Input.Shaped(List.of(8, 9, 3), DataShape.Channels.FIRST),
            Descriptions.classes(3));
    assertThat(Descriptions.json(model + ", channels = last", unsaid)).isEqualTo(built);
  }

  @Test
  void graphsHaveNamesInputsAndVertices() {
    DataShape data =
        new DataShape(
            List.of(Descriptions.SEQUENCE, Descriptions.FLAT),
            List.of(Descriptions.classes(3), Descriptions.values(2)));
    String described =
        Descriptions.json(
            """
            inputs = [words, numbers]
            layers = [
              { last-step { lstm = 6 }, name = read, inputs = words }
              { dense = 6, name = left, inputs = numbers, activation = relu }
              { add {}, name = sum, inputs = [read, left] }
              { scale = 0.5 }
              { merge {}, name = both, inputs = [layer3, left] }
              { output {}, name = kind }
              { output {}, name = size, inputs = [both, read] }
            ]
            outputs = [kind, size]
            """,
            data);
    ComputationGraphConfiguration graph =
        new NeuralNetConfiguration.Builder()
            .seed(Descriptions.SEED)
            .updater(new Adam())
            .graphBuilder()
            .addInputs("words", "numbers")
            .setInputTypes(InputType.recurrent(3, 5, RNNFormat.NCW), InputType.feedForward(4))
            .addLayer("read", new LastTimeStep(new LSTM.Builder().nOut(6).build()), "words")
            .addLayer(
                "left",
                new DenseLayer.Builder().nOut(6).activation(Activation.RELU).build(),
                "numbers")
            .addVertex("sum", new ElementWiseVertex(ElementWiseVertex.Op.Add), "read", "left")
            .addVertex("layer3", new ScaleVertex(0.5), "sum")
            .addVertex("both", new MergeVertex(), "layer3", "left")
            .addLayer("kind", output(3), "both")
            .addLayer(
                "size",
                new OutputLayer.Builder(LossFunction.MSE)
                    .activation(Activation.IDENTITY)
                    .nOut(2)
                    .build(),
                "both",
                "read")
            .setOutputs("kind", "size")
            .build();
    assertThat(described).isEqualTo(graph.toJson());
  }

  @Test
  void preProcessorsMayBeSaid() {
    String described =
        Descriptions.json(
            "layers = [{ dense = 4, preprocessor { class = CnnToFeedForward, inputHeight = 6, inputWidth = 6, numChannels = 3, format = nchw } }, output]",
            Descriptions.data(Descriptions.IMAGE, Descriptions.classes(3)));
    String built =
        new NeuralNetConfiguration.Builder()
            .seed(Descriptions.SEED)
            .updater(new Adam())
            .list()
            .layer(new DenseLayer.Builder().nOut(4).build())
            .layer(output(3))
            .inputPreProcessor(0, new CnnToFeedForwardPreProcessor(6, 6, 3, CNN2DFormat.NCHW))
            .setInputType(InputType.convolutional(6, 6, 3, CNN2DFormat.NCHW))
            .build()
            .toJson();
    assertThat(described).isEqualTo(built);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [{ dens = 5 }, output] | model.layers[0].dens = 5: does not say which layer it is; did you mean dense?
          [{ dense = 5, activaton = relu }, output] | activaton = relu: DenseLayer has no property activaton; did you mean activation?
          [{ dense = 5, activation = rellu }, output] | activation = rellu: must be one of cube, elu,
          [{ dense = five }, output] | model.layers[0].dense = five: must be a whole number
          [{ dense = 5.5 }, output] | model.layers[0].dense = 5.5: must be a whole number
          [{ class = DensLayer }, output] | there is no layer DensLayer; did you mean DenseLayer?
          [gru, output] | model.layers[0] = gru: there is no layer gru; short names are dense, output
          [{ lstm = 3, output = 4 }] | model.layers[0]: names several layers: lstm, output; an entry for each
          [{ dense = 5, l2 = 1e-4, weight-decay = 1e-3 }, output] | weight-decay = 1e-3: contradicts l2; Deeplearning4j takes one of both
          [{ dense = 5, n-out = 6, nOut = 7 }, output] | says n-out a second time
          [{ dense = 5 }] | dense is an output of the model, and has no loss; end with output
          [{ dense = 5, name = a }, { dense = 4, name = a }, output] | is the second with the name a
          [{ dense = 5, inputs = nowhere }, output] | takes nowhere, which is no input and no layer before it
          [{ batch-norm = 3 }, output] | batch-norm takes no value; batch-norm, or { batch-norm {} }
          [{ zero-padding {} }, output] | zero-padding-layer needs padding; there is no default
          [{ dense = 5, updater { class = Adam, learningrat = 1 } }, output] | Adam has no property learningrat; did you mean learning-rate?
          [{ dense = 5, updater = adamm }, output] | must be one of
          [{ dense = 5, constrain-weights { class = MaxNorm, dimensions = 1 } }, output] | MaxNormConstraint needs max-norm; there is no default
          [{ dense = 5, hasBias = maybe }, output] | must be true or false
          [{ dense = 5, dropout = -1 }, output] | Deeplearning4j: Activation retain probability must be
          [{ unstak { from = 1 } }, output] | does not say which layer it is; did you mean unstack?
          [{ class = L2Vertex, eps = 1e-3 }, output] | L2Vertex has no property eps
          [{ bidirectional { dense = 3 } }, output] | Cannot wrap a non-recurrent layer
          [{ last-step { lstm = 3, inputs = input } }, { output {}, name = b }] | last-step: lstm is inside another layer, which says inputs and preprocessor
          [{ frozen { dense = 3, preprocessor { class = FeedForwardToCnn } } }, output] | dense is inside another layer, which says
          [{ class = FrozenVertex, underlying { scale = 2, inputs = input } }, output] | scale is inside another layer, which says
          [{ dense = 3 }, { scale = 2, preprocessor { class = FeedForwardToRnn } }, output] | scale is no layer; { class = PreprocessorVertex
          [{ dense = 3, name = a }, { dense = 3, inputs = input }, { add {}, op = subtract, inputs = [a, layer1] }, output] | op = subtract: says op a second time
          [{ max-pool = 2, poolingType = avg }, output] | poolingType = avg: says pooling-type a second time
          [{ dense = 128, nOut = 64 }, output] | nOut = 64: says n-out a second time
          [{ dense = 128, units = 64 }, output] | says n-out a second time
          [{ dense = 5, l2 = 1e-4, regularization = [{ class = L1, l1 = 1e-3 }] }, output] | regularization: contradicts l2; Deeplearning4j takes one of both
          [{ dense = 5, weight-decay = 1e-4, regularization = [] }, output] | regularization: contradicts weight-decay
          [{ dense = 5, l1-bias = 1e-4, regularization-bias = [] }, output] | regularization-bias: contradicts l1-bias
          [{ dense = 5, weight-init = relu, dist { class = Normal, mean = 0, std = 1 } }, output] | weight-init = relu: contradicts dist
          """)
  void mistakesAreToldWithTheirPlace(String layers, String told) {
    assertThat(Descriptions.problems("layers = " + layers))
        .first()
        .asString()
        .startsWith("String:1: model.layers")
        .contains(told);
  }

  @Test
  void aVertexForPreProcessorsHasItsOwn() {
    assertThat(
            Descriptions.json(
                "layers = [{ class = PreprocessorVertex, preprocessor { class = CnnToFeedForward, inputHeight = 6, inputWidth = 6, numChannels = 3, format = nchw } }, output]",
                Descriptions.data(Descriptions.IMAGE, Descriptions.classes(3))))
        .contains("CnnToFeedForwardPreProcessor");
  }

  @Test
  void defaultsDoNotContradictThemselves() {
    assertThat(
            Descriptions.problems(
                "layers = [output], defaults { l1 = 1e-3, regularization = [{ class = L1, l1 = 1e-3 }] }"))
        .first()
        .asString()
        .contains("model.defaults.regularization: contradicts l1;");
    assertThat(
            Descriptions.problems(
                "layers = [output], defaults { dist { class = Normal, mean = 0, std = 1 }, init = relu }"))
        .first()
        .asString()
        .contains("model.defaults.init = relu: contradicts dist;");
  }

  @Test
  void aNameOfAnInputOrOutputIsSaidOnce() {
    assertThat(
            Descriptions.problems(
                "inputs = [a, b, a], layers = [{ output {}, inputs = [a, b], name = o }], outputs = [o, o]"))
        .hasSize(2)
        .anyMatch(problem -> problem.contains("model.inputs names a a second time"))
        .anyMatch(problem -> problem.contains("model.outputs names o a second time"));
  }

  @Test
  void allMistakesAreToldTogether() {
    assertThat(
            Descriptions.problems(
                "layers = [{ dense = x }, { dens = 3 }, output], defaults { activation = relux, seed = 3 }"))
        .hasSizeGreaterThanOrEqualTo(2);
    assertThat(
            Descriptions.problems(
                "layers = [{ dense = x }, { conv = y }, output], defaults { l2 = z }"))
        .hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [{ conv = 4, kernel = 3 }, output] | FLAT | model.layers[0]: conv does not take a vector: Deeplearning4j:
          [{ lstm = 4 }, output] | SEQUENCE | output takes one vector an example, and is given a sequence; last-step around
          [{ conv = 4, kernel = [9, 9], mode = strict }, output] | IMAGE | conv leaves nothing of a picture of [3, 6, 6]; a smaller kernel
          [{ output {}, activation = tanh }] | FLAT | activation = tanh: no loss over classes follows from it; loss = ...
          [{ dense = 3, activation = softmax }, loss] | FLAT | loss does not say its activation, and its loss is of probabilities
          [rnn-output] | SEQUENCE | rnn-output gives an output a time step, but 'label' has one an example
          [{ output {}, activation = softmax, loss = xent }] | FLAT | Deeplearning4j: Invalid output layer configuration
          [{ output {}, inputs = input2 }] | FLAT | takes input2, which is no input; did you mean input?
          """)
  void whatDoesNotFitTheDataIsToldWithItsPlace(String layers, String data, String told) {
    DataShape.Input input =
        switch (data) {
          case "FLAT" -> Descriptions.FLAT;
          case "SEQUENCE" -> Descriptions.SEQUENCE;
          default -> Descriptions.IMAGE;
        };
    assertThatThrownBy(
            () ->
                Descriptions.json(
                    "layers = " + layers, Descriptions.data(input, Descriptions.classes(3))))
        .hasMessageStartingWith("String:1: model.layers")
        .hasMessageContaining(told);
  }

  @Test
  void labelsOfStepsNeedAnOutputOfSteps() {
    assertThatThrownBy(
            () ->
                Descriptions.json(
                    "layers = [{ lstm = 3 }, output]",
                    Descriptions.data(Descriptions.SEQUENCE, Descriptions.classesOfSteps(3))))
        .hasMessageContaining("gives one output an example, but 'label' has one a time step")
        .hasMessageEndingWith("; rnn-output");
  }

  @Test
  void inputsAndOutputsAreAsManyAsTheDataHas() {
    DataShape two =
        new DataShape(
            List.of(Descriptions.FLAT, Descriptions.FLAT), List.of(Descriptions.classes(2)));
    assertThatThrownBy(() -> Descriptions.json("layers = [{ output {}, inputs = input1 }]", two))
        .hasMessageContaining("has no layer that takes input input2");
    assertThatThrownBy(
            () -> Descriptions.json("inputs = [a], layers = [{ output {}, inputs = a }]", two))
        .hasMessageContaining("has 1 inputs (a), and data.inputs 2");
    assertThatThrownBy(
            () ->
                Descriptions.json(
                    "layers = [{ output {}, name = a, inputs = input }, { output {}, inputs = input }]",
                    FLAT))
        .hasMessageContaining("has 2 outputs (a, layer1), and data.outputs 1");
  }

  @Test
  void aModelOfSettingsTrainsLikeOneOfAFile() {
    ModelSource source =
        ModelSource.described(
            Descriptions.settings("layers = [{ dense = 5 }, output]"), FLAT, Descriptions.SEED);
    assertThat(source.isTrained()).isFalse();
    assertThat(source.parameterCount()).isEqualTo(4 * 5 + 5 + 5 * 3 + 3);
    assertThat(source.signature().outputs().get(0).units()).isEqualTo(3);
    ModelSource again =
        ModelSource.read(
            "m.json",
            source.configurationJson().orElseThrow().getBytes(StandardCharsets.UTF_8),
            Descriptions.SEED);
    // Archives say when they were made; what is scored does not.
    assertThat(again.scoringArchive()).isEqualTo(source.scoringArchive());
  }

  private static OutputLayer output(int classes) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .activation(Activation.SOFTMAX)
        .nOut(classes)
        .build();
  }
}
