/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ConformanceData.Place;
import io.cairn.replica.LayerEntry.Trait;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Computes the gradient of one network in several ways and says where they differ.
 *
 * <ul>
 *   <li>float64 by the layers' own code is the reference; it is itself held against differences of
 *       the loss along random directions, one for each parameter array;
 *   <li>float64 as a run computes it, with what stands in for helpers;
 *   <li>float32 as a run computes it, as a whole and as two halves one after the other;
 *   <li>the last of these with passes on two threads at a time, which must have the bits of those
 *       on one.
 * </ul>
 */
final class LayerConformance {

  private static final double FLOAT64_TOLERANCE = 1e-9;
  private static final double FLOAT32_TOLERANCE = 1e-3;
  private static final double DERIVATIVE_TOLERANCE = 1e-4;
  private static final double STEP = 1e-6;
  private static final int NOISE_SEED = 77;

  private LayerConformance() {}

  /** One network of the many. */
  record Case(
      LayerEntry entry, ConformanceData data, Activation activation, Place place, Extra extra) {

    @Override
    public String toString() {
      return String.join(
          " ",
          entry.name(),
          data.name(),
          entry.has(Trait.ACTIVATION) ? activation.name() : "-",
          place.name(),
          extra == Extra.NOTHING ? "" : extra.name());
    }

    boolean isNoisy() {
      return entry.has(Trait.NOISE) || extra == Extra.DROPOUT;
    }
  }

  /** What a network has besides its layers. */
  enum Extra {
    NOTHING,
    /** Some sequences are shorter than others. */
    MASKS,
    /** The layer drops some of its input. */
    DROPOUT
  }

  /** The configuration's JSON. */
  static String json(Case c, DataType type) {
    LayerEntry entry = c.entry();
    List<Layer> layers = new ArrayList<>(c.data().before(c.place()));
    layers.add(tried(c));
    if (c.place() == Place.TWICE && !entry.has(Trait.ONCE)) {
      layers.add(tried(c));
    }
    if (c.data().isVolume() && !entry.has(Trait.OUTPUT) && !entry.has(Trait.FLATTENS)) {
      layers.addAll(c.data().before(Place.BEHIND_SEPARABLE_OR_LSTM));
    }
    if (!entry.has(Trait.OUTPUT)) {
      layers.add(head(c, layers));
    }
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(5)
            .dataType(type)
            .activation(Activation.TANH)
            .updater(new Sgd(0.1))
            .list();
    layers.forEach(list::layer);
    if (!c.data().isTokens()) {
      list.setInputType(c.data().type());
    }
    MultiLayerConfiguration configuration = list.build();
    if (entry.has(Trait.FLATTENS)) {
      // DL4J takes what comes out for sequences of length 1, and would turn it once more.
      configuration.getInputPreProcessors().remove(layers.size() - 1);
    }
    return configuration.toJson();
  }

  private static Layer tried(Case c) {
    Layer layer = c.entry().maker().make(c.data(), c.activation());
    if (c.extra() == Extra.DROPOUT) {
      layer.setIDropout(new Dropout(0.7));
    }
    return layer;
  }

  private static Layer head(Case c, List<Layer> layers) {
    if (c.data().isTokens()) {
      RNNFormat format = c.entry().name().endsWith("NWC") ? RNNFormat.NWC : RNNFormat.NCW;
      return ConformanceData.head(
          c.data() == ConformanceData.TOKEN
              ? InputType.feedForward(4)
              : InputType.recurrent(4, 5, format),
          4);
    }
    InputType type = outputType(c, layers);
    return c.entry().has(Trait.FLATTENS)
        ? ConformanceData.head(InputType.feedForward(4), 4)
        : ConformanceData.head(type, 0);
  }

  private static InputType outputType(Case c, List<Layer> layers) {
    NeuralNetConfiguration.ListBuilder list = new NeuralNetConfiguration.Builder().list();
    layers.forEach(layer -> list.layer(layer.clone()));
    list.setInputType(c.data().type());
    List<InputType> types = list.build().getLayerActivationTypes(c.data().type());
    return types.get(types.size() - 1);
  }

  /**
   * What is wrong with a network's gradients; empty if nothing is.
   *
   * @param threads 1, or 2 to compare with passes on two threads, too
   */
  static List<String> check(Case c, int threads) {
    List<String> wrong = new ArrayList<>();
    Nd4j.getRandom().setSeed(c.toString().hashCode());
    INDArray features = c.data().features();
    INDArray mask = c.extra() == Extra.MASKS ? c.data().mask() : null;
    Network reference = network(c, DataType.DOUBLE, null);
    reference.removeHelpers();
    INDArray parameters = parameters(reference);
    reference.parameters().assign(parameters);
    INDArray output = reference.output(batch(features, Nd4j.zeros(1, 1), mask))[0];
    MultiDataSet batch = batch(features, labels(c.entry(), c.data(), output), mask);

    INDArray gradient = gradient(reference, batch);
    double loss = reference.backpropagate(batch);
    if (gradient.amaxNumber().doubleValue() == 0) {
      wrong.add("the gradient is zero everywhere");
    }
    derivative(reference, batch, gradient, c.entry(), wrong);
    Network whole = network(c, DataType.DOUBLE, parameters);
    compare("float64", gradient, gradient(whole, batch), reference, FLOAT64_TOLERANCE, wrong);
    halves("halves in float64", c, whole, batch, gradient, FLOAT64_TOLERANCE, wrong);
    if (c.isNoisy() && threads > 1) {
      sideBySide("side by side in float64", whole, batch, wrong);
    }
    if (!c.isNoisy()) {
      Network single = network(c, DataType.FLOAT, parameters);
      MultiDataSet small = cast(batch);
      INDArray smallMask = small.getFeaturesMaskArray(0);
      MultiDataSet unlabelled = batch(small.getFeatures(0), Nd4j.zeros(1, 1), smallMask);
      compare("float32", gradient, gradient(single, small), reference, FLOAT32_TOLERANCE, wrong);
      halves("halves in float32", c, single, small, gradient, FLOAT32_TOLERANCE, wrong);
      compare("float32 again", gradient, gradient(single, small), reference, 1e-3, wrong);
      same("loss", loss, single.backpropagate(small), wrong);
      INDArray distance = single.output(unlabelled)[0].castTo(DataType.DOUBLE).sub(output);
      same("output", 0, distance.amaxNumber().doubleValue(), wrong);
      if (threads > 1) {
        sideBySide("side by side in float32", single, small, wrong);
      }
    }
    return wrong;
  }

  private static Network network(Case c, DataType type, INDArray parameters) {
    return ModelConfiguration.parse("a test", json(c, type))
        .network(parameters == null ? null : parameters.castTo(type), null);
  }

  /** Initial parameters, moved a little so that none is zero, as float32 can hold them. */
  private static INDArray parameters(Network network) {
    INDArray parameters = network.parameters().dup();
    for (ParameterRange range : network.ranges()) {
      if (range.kind() == ParameterRange.RangeKind.GRADIENT) {
        INDArray part = part(parameters, range);
        part.addi(Nd4j.randn(DataType.DOUBLE, part.shape()).muli(0.1));
      }
    }
    return parameters.castTo(DataType.FLOAT).castTo(DataType.DOUBLE);
  }

  private static INDArray part(INDArray vector, ParameterRange range) {
    return vector.get(NDArrayIndex.interval(range.offset(), range.offset() + range.length()));
  }

  private static INDArray labels(LayerEntry entry, ConformanceData data, INDArray output) {
    INDArray labels = Nd4j.rand(DataType.DOUBLE, output.shape());
    if (entry.has(Trait.BINARY)) {
      labels = labels.gt(0.5).castTo(DataType.DOUBLE);
    }
    if (entry.has(Trait.ONE_HOT)) {
      int channels = data.channelsLast() ? output.rank() - 1 : 1;
      INDArray largest = Nd4j.expandDims(labels.argMax(channels), channels);
      INDArray index = Nd4j.create(DataType.DOUBLE, output.shape());
      for (int k = 0; k < output.size(channels); k++) {
        INDArrayIndex[] at = NDArrayIndex.allFor(output);
        at[channels] = NDArrayIndex.interval(k, k + 1);
        index.put(at, largest.eq(k).castTo(DataType.DOUBLE));
      }
      labels = index;
    }
    return labels.castTo(DataType.FLOAT).castTo(DataType.DOUBLE);
  }

  private static MultiDataSet batch(INDArray features, INDArray labels, INDArray mask) {
    return new MultiDataSet(
        new INDArray[] {features},
        new INDArray[] {labels},
        mask == null ? null : new INDArray[] {mask},
        mask == null || labels.rank() < 3 ? null : new INDArray[] {mask});
  }

  private static MultiDataSet cast(org.nd4j.linalg.dataset.api.MultiDataSet batch) {
    INDArray mask = batch.getFeaturesMaskArray(0);
    return batch(
        batch.getFeatures(0).castTo(DataType.FLOAT),
        batch.getLabels(0).castTo(DataType.FLOAT),
        mask == null ? null : mask.castTo(DataType.FLOAT));
  }

  private static MultiDataSet rows(MultiDataSet batch, int from, int to) {
    INDArray mask = batch.getFeaturesMaskArray(0);
    return batch(
        rows(batch.getFeatures(0), from, to),
        rows(batch.getLabels(0), from, to),
        mask == null ? null : rows(mask, from, to));
  }

  private static INDArray rows(INDArray array, int from, int to) {
    INDArrayIndex[] at = NDArrayIndex.allFor(array);
    at[0] = NDArrayIndex.interval(from, to);
    return array.get(at).dup('c');
  }

  private static INDArray gradient(Network network, MultiDataSet batch) {
    Nd4j.getRandom().setSeed(NOISE_SEED);
    network.backpropagate(batch);
    return network.gradient().castTo(DataType.DOUBLE).dup();
  }

  private static void halves(
      String what,
      Case c,
      Network network,
      MultiDataSet batch,
      INDArray gradient,
      double tolerance,
      List<String> wrong) {
    if (c.entry().has(Trait.STATISTICS)
        || c.isNoisy()
        || c.place() == Place.BEHIND_NORMALIZED_CONVOLUTION) {
      return;
    }
    int half = ConformanceData.EXAMPLES / 2;
    INDArray sum = gradient(network, rows(batch, 0, half));
    sum.addi(gradient(network, rows(batch, half, ConformanceData.EXAMPLES)));
    compare(what, gradient, sum, network, tolerance, wrong);
  }

  /** Gradients of several passes on two threads, to the bit those of one; parameters stay. */
  private static void sideBySide(
      String what, Network network, MultiDataSet batch, List<String> wrong) {
    INDArray parameters = network.parameters().dup();
    List<INDArray> alone = passes(network, 1, batch);
    List<INDArray> together = passes(network, 2, batch);
    for (int pass = 0; pass < alone.size(); pass++) {
      if (!alone.get(pass).equalsWithEps(together.get(pass), 0)) {
        wrong.add(what + ": pass " + pass + " differs");
      }
    }
    if (!parameters.equalsWithEps(network.parameters(), 0)) {
      wrong.add(what + ": a pass changes parameters");
    }
  }

  private static List<INDArray> passes(Network network, int threads, MultiDataSet batch) {
    MultiDataSet[] batches = {
      batch, rows(batch, 0, ConformanceData.EXAMPLES / 2), batch, rows(batch, 1, 2)
    };
    Iterator<MultiDataSet> next = List.of(batches).iterator();
    List<INDArray> gradients = new ArrayList<>();
    try (SideBySide sideBySide = new SideBySide(network, threads)) {
      sideBySide.run(
          batches.length,
          new SideBySide.Passes<MultiDataSet, INDArray>() {
            @Override
            public MultiDataSet take() {
              return next.next();
            }

            @Override
            public INDArray compute(PassNetwork of, MultiDataSet taken, int pass) {
              Nd4j.getRandom().setSeed(NOISE_SEED + pass);
              of.backpropagate(taken);
              return of.gradient().dup();
            }

            @Override
            public void add(PassNetwork of, MultiDataSet taken, INDArray gradient) {
              gradients.add(gradient);
            }
          });
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return gradients;
  }

  /** Each parameter array's gradient, as a part of its own length or of the whole's. */
  private static void compare(
      String what,
      INDArray expected,
      INDArray actual,
      Network network,
      double tolerance,
      List<String> wrong) {
    double all = expected.norm2Number().doubleValue();
    for (ParameterRange range : network.ranges()) {
      double norm = part(expected, range).norm2Number().doubleValue();
      double distance = part(expected, range).sub(part(actual, range)).norm2Number().doubleValue();
      double relative = distance / Math.max(norm, 1e-2 * all + 1e-12);
      if (!(relative < tolerance)) {
        wrong.add(
            String.format(
                Locale.ROOT,
                "%s: %s/%s is off by %.2g of its length",
                what,
                range.layer(),
                range.parameter(),
                relative));
      }
    }
  }

  private static void same(String what, double expected, double actual, List<String> wrong) {
    if (!(Math.abs(expected - actual) < FLOAT32_TOLERANCE * Math.max(1, Math.abs(expected)))) {
      wrong.add(what + " is " + actual + " instead of " + expected);
    }
  }

  /** Differences of the loss along random directions against the gradient's part along them. */
  private static void derivative(
      Network network,
      MultiDataSet batch,
      INDArray gradient,
      LayerEntry entry,
      List<String> wrong) {
    Random random = new Random(3);
    double all = gradient.norm2Number().doubleValue();
    for (ParameterRange range : network.ranges()) {
      INDArray expected = part(gradient, range);
      if (range.kind() != ParameterRange.RangeKind.GRADIENT
          || (entry.has(Trait.FROZEN) && expected.amaxNumber().doubleValue() == 0)) {
        continue;
      }
      double[] values = random.doubles(range.length(), -1, 1).toArray();
      INDArray direction = Nd4j.createFromArray(values);
      direction.divi(direction.norm2Number());
      INDArray parameters = part(network.parameters(), range);
      INDArray before = parameters.dup();
      double up = lossAt(network, batch, parameters, before.add(direction.mul(STEP)));
      double down = lossAt(network, batch, parameters, before.sub(direction.mul(STEP)));
      parameters.assign(before);
      double slope = (up - down) / (2 * STEP);
      double claimed = Nd4j.getBlasWrapper().dot(expected.dup(), direction);
      if (!(Math.abs(slope - claimed)
          < DERIVATIVE_TOLERANCE * (Math.abs(slope) + 0.1 * all + 1e-6))) {
        wrong.add(
            String.format(
                Locale.ROOT,
                "the loss changes by %.6g along %s/%s, the gradient says %.6g",
                slope,
                range.layer(),
                range.parameter(),
                claimed));
      }
    }
  }

  private static double lossAt(
      Network network, MultiDataSet batch, INDArray parameters, INDArray values) {
    parameters.assign(values);
    Nd4j.getRandom().setSeed(NOISE_SEED);
    return network.backpropagate(batch);
  }
}
