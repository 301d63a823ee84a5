/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.lossfunctions.LossFunctions;

/**
 * Gradients of recurrent layers with masked steps are those of the loss, in float64, and a masked
 * step is a step that is not there.
 */
class MaskedStepsTest {

  private static final int EXAMPLES = 3;
  private static final int FEATURES = 2;
  private static final int STEPS = 5;

  /** Whether each step of each example counts: at the front, in the middle, at the end, none. */
  private static final int[][] COUNTED = {{0, 1, 0, 1, 0}, {1, 1, 0, 0, 1}, {0, 0, 0, 0, 0}};

  /** What masks the steps. */
  enum By {
    VALUE,
    FEATURES_MASK
  }

  /** One network. */
  record Case(String name, By by, RNNFormat format, List<Layer> layers) {
    @Override
    public String toString() {
      return name + " " + format + " by " + by;
    }
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (RNNFormat format : RNNFormat.values()) {
      for (Bidirectional.Mode mode : Bidirectional.Mode.values()) {
        int units = mode == Bidirectional.Mode.CONCAT ? 6 : 3;
        Layer both = new MaskZeroLayer(new Bidirectional(mode, lstm(FEATURES, format)), 0);
        Layer after = new MaskZeroLayer(new LastTimeStep(simple(units, format)), 0);
        cases.add(new Case("bidirectional " + mode, By.VALUE, format, List.of(both, after)));
      }
      Layer last = new MaskZeroLayer(new LastTimeStep(lstm(FEATURES, format)), 0);
      cases.add(new Case("LSTM", By.VALUE, format, List.of(last)));
      Layer within = new LastTimeStep(new MaskZeroLayer(lstm(FEATURES, format), 0));
      cases.add(new Case("masking within", By.VALUE, format, List.of(within)));
      Layer both = new Bidirectional(Bidirectional.Mode.CONCAT, lstm(FEATURES, format));
      Layer open = lstm(6, format);
      cases.add(new Case("padded sequences", By.FEATURES_MASK, format, List.of(both, open)));
    }
    return cases;
  }

  private static BaseRecurrentLayer lstm(int inputs, RNNFormat format) {
    return new LSTM.Builder()
        .nIn(inputs)
        .nOut(3)
        .activation(Activation.TANH)
        .dataFormat(format)
        .build();
  }

  private static BaseRecurrentLayer simple(int inputs, RNNFormat format) {
    return new SimpleRnn.Builder()
        .nIn(inputs)
        .nOut(3)
        .activation(Activation.TANH)
        .dataFormat(format)
        .build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void theGradientIsThatOfTheLoss(Case one) {
    MultiLayerNetwork net = network(one);
    INDArray features = features(one);
    net.setInput(features);
    net.setLabels(labels(one));
    if (one.by() == By.FEATURES_MASK) {
      // The errors of padded steps come to the layers too: no labels are masked.
      net.setLayerMaskArrays(padding(), null);
    }
    net.computeGradientAndScore();
    INDArray gradient = net.gradient().gradient().div(EXAMPLES);
    INDArray parameters = net.params();
    double width = 1e-5;
    // Every fourth: with three units, they are of every unit and gate.
    for (long i = 0; i < parameters.length(); i += 4) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + width);
      double up = score(net);
      parameters.putScalar(i, value - width);
      double down = score(net);
      parameters.putScalar(i, value);
      assertThat(gradient.getDouble(i))
          .as("parameter " + i)
          .isCloseTo((up - down) / (2 * width), within(tolerance(one)));
    }
  }

  /** LastTimeStep of Deeplearning4j's goes through float32 where it sees a mask. */
  private static double tolerance(Case one) {
    return one.name().equals("masking within") ? 2e-2 : 1e-8;
  }

  private static double score(MultiLayerNetwork net) {
    net.computeGradientAndScore();
    return net.score();
  }

  @Test
  void aMaskedStepIsAStepThatIsNotThere() {
    for (Case one : cases()) {
      if (one.by() == By.FEATURES_MASK
          || one.format() == RNNFormat.NWC
          || one.layers().size() < 2) {
        continue;
      }
      MultiLayerNetwork net = network(one);
      INDArray all = features(one);
      for (int example = 0; example < EXAMPLES - 1; example++) {
        INDArray output = net.output(all, false).getRow(example);
        List<INDArray> steps = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
          if (COUNTED[example][step] == 1) {
            steps.add(column(all, example, step));
          }
        }
        INDArray rest = Nd4j.concat(2, steps.toArray(INDArray[]::new));
        assertThat(net.output(rest, false).getRow(0).sub(output).amaxNumber().doubleValue())
            .as(one + ", example " + example)
            .isLessThan(1e-12);
      }
    }
  }

  @Test
  void plainDeeplearning4jGivesTheSameWhereMaskedStepsAreAtAnEnd() {
    for (Case one : cases()) {
      if (one.by() == By.FEATURES_MASK || one.format() == RNNFormat.NWC) {
        continue;
      }
      MultiLayerNetwork mended = network(one);
      MultiLayerNetwork plain = new MultiLayerNetwork(configuration(one).build());
      plain.init(mended.params().dup(), false);
      INDArray x = Nd4j.rand(DataType.DOUBLE, 2, FEATURES, STEPS).addi(0.1);
      for (int step = 0; step < 2; step++) {
        column(x, 0, step).assign(0);
        column(x, 1, STEPS - 1 - step).assign(0);
      }
      assertThat(plain.output(x, false).sub(mended.output(x, false)).amaxNumber().doubleValue())
          .as(one.toString())
          .isLessThan(1e-6);
    }
  }

  private static INDArray column(INDArray all, int example, int step) {
    return all.get(
        NDArrayIndex.interval(example, example + 1),
        NDArrayIndex.all(),
        NDArrayIndex.interval(step, step + 1));
  }

  private static NeuralNetConfiguration.ListBuilder configuration(Case one) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().dataType(DataType.DOUBLE).seed(5).list();
    one.layers().forEach(layer -> list.layer(layer.clone()));
    Layer output =
        one.by() == By.FEATURES_MASK
            ? new RnnOutputLayer.Builder(LossFunctions.LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .nIn(3)
                .nOut(2)
                .dataFormat(one.format())
                .build()
            : new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                .activation(Activation.IDENTITY)
                .nIn(3)
                .nOut(2)
                .build();
    return list.layer(output);
  }

  private static MultiLayerNetwork network(Case one) {
    MultiLayerNetwork net = new MultiLayerNetwork(configuration(one).build());
    net.init();
    LayerHelpers.mend(net);
    Nd4j.getRandom().setSeed(7);
    net.params().assign(Nd4j.randn(DataType.DOUBLE, net.params().shape()).muli(0.4));
    return net;
  }

  private static INDArray features(Case one) {
    INDArray x = Nd4j.randn(DataType.DOUBLE, EXAMPLES, FEATURES, STEPS);
    if (one.by() == By.VALUE) {
      for (int example = 0; example < EXAMPLES; example++) {
        for (int step = 0; step < STEPS; step++) {
          column(x, example, step).muli(COUNTED[example][step]);
        }
      }
    }
    if (one.name().equals("masking within")) {
      // Deeplearning4j's LastTimeStep refuses an example that has nothing else.
      column(x, 2, 3).assign(0.5);
    }
    return one.format() == RNNFormat.NWC ? x.permute(0, 2, 1).dup() : x;
  }

  private static INDArray labels(Case one) {
    if (one.by() == By.VALUE) {
      return Nd4j.randn(DataType.DOUBLE, EXAMPLES, 2);
    }
    return one.format() == RNNFormat.NWC
        ? Nd4j.randn(DataType.DOUBLE, EXAMPLES, STEPS, 2)
        : Nd4j.randn(DataType.DOUBLE, EXAMPLES, 2, STEPS);
  }

  private static INDArray padding() {
    return Nd4j.create(new double[][] {{1, 1, 1, 1, 1}, {1, 1, 0, 0, 0}, {1, 1, 1, 1, 0}});
  }
}
