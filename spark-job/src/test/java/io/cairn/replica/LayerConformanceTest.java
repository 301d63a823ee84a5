/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.replica.ConformanceData.Place;
import io.cairn.replica.LayerConformance.Case;
import io.cairn.replica.LayerConformance.Extra;
import io.cairn.replica.LayerEntry.Trait;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.SpaceToBatchLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping3D;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.deeplearning4j.nn.conf.layers.samediff.AbstractSameDiffLayer;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.ocnn.OCNNOutputLayer;
import org.deeplearning4j.nn.modelimport.keras.layers.TFOpLayer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Every layer of Deeplearning4j has the right gradient in a run, or is refused, or stands here with
 * the reason why it is not tried. Layers are listed from the class path, so that none can be
 * forgotten. What is compared is in {@link LayerConformance}, how in {@link LayerTable}.
 */
class LayerConformanceTest {

  /** Layers and vertices that are neither tried nor refused by name, and why not. */
  private static final Map<Class<?>, String> NOT_TRIED =
      Map.of(
          Yolo2OutputLayer.class,
          "its labels are boxes in a grid, which random numbers are not; its loss checks them itself",
          TFOpLayer.class,
          "computes by TensorFlow's own library, which is not part of the jar",
          LayerVertex.class,
          "holds a layer, which is tried by itself",
          org.deeplearning4j.nn.conf.graph.FrozenVertex.class,
          "holds a vertex, which is tried by itself");

  /** Layers that may compute in the array that they are handed. */
  private static final Set<Class<?>> HAND_ON =
      Set.of(ActivationLayer.class, DropoutLayer.class, PReLULayer.class);

  static Stream<LayerEntry> entries() {
    return LayerTable.entries().stream();
  }

  @ParameterizedTest
  @MethodSource("entries")
  void theGradientIsTrue(LayerEntry entry) {
    check(few(entry));
  }

  @ParameterizedTest
  @Tag("heavy")
  @MethodSource("entries")
  void theGradientIsTrueInEveryPlace(LayerEntry entry) {
    check(all(entry, 0));
  }

  @ParameterizedTest
  @Tag("soak")
  @MethodSource("entries")
  void theGradientIsTrueInEveryPlaceWithAnotherActivation(LayerEntry entry) {
    check(all(entry, 1));
  }

  /** What one layer cannot do with oneDNN is no reason to take it from the others. */
  @AfterEach
  void oneDnnStaysOn() {
    assertThat(Nd4j.getEnvironment().helpersAllowed()).as("oneDNN in this process").isTrue();
  }

  private static void check(List<Case> cases) {
    Map<String, List<String>> wrong = new TreeMap<>();
    for (Case c : cases) {
      List<String> differences = LayerConformance.check(c, threads(c));
      if (!differences.isEmpty()) {
        wrong.put(c.toString(), differences);
      }
    }
    assertThat(wrong).isEmpty();
  }

  /** What threads may spoil for each other is the layer's, whatever stands around it. */
  private static int threads(Case c) {
    return c.place() == Place.BEHIND_SEPARABLE_OR_LSTM && c.activation() == Activation.RELU ? 2 : 1;
  }

  /** In the place where most has failed before something was mended. */
  private static List<Case> few(LayerEntry entry) {
    List<Case> cases = new ArrayList<>();
    for (ConformanceData data : entry.data()) {
      cases.add(behindSeparableOrLstm(entry, data));
      if (data == ConformanceData.FLAT && HAND_ON.contains(entry.type())) {
        cases.add(new Case(entry, data, Activation.TANH, Place.FIRST, Extra.NOTHING));
      }
    }
    return cases;
  }

  private static Case behindSeparableOrLstm(LayerEntry entry, ConformanceData data) {
    return new Case(
        entry, data, Activation.RELU, Place.BEHIND_SEPARABLE_OR_LSTM, masks(entry, data));
  }

  private static Extra masks(LayerEntry entry, ConformanceData data) {
    List<Extra> extras = extras(entry, data);
    return extras.get(extras.size() - 1);
  }

  private static List<Case> all(LayerEntry entry, int which) {
    Set<Case> cases = new LinkedHashSet<>();
    for (ConformanceData data : entry.data()) {
      if (!entry.has(Trait.ONCE)) {
        cases.add(new Case(entry, data, Activation.TANH, Place.TWICE, masks(entry, data)));
      }
      for (Place place : Place.values()) {
        boolean nothingToTrain = place == Place.FIRST && entry.has(Trait.OUTPUT);
        Activation activation = activation(entry, place, which);
        for (Extra extra : nothingToTrain ? List.<Extra>of() : extras(entry, data)) {
          Case c = new Case(entry, data, activation, place, extra);
          if (isRefusedByDl4j(c)) {
            continue;
          }
          if (WrongLayers.wrong(entry.maker().make(data, activation)).isEmpty()) {
            cases.add(c);
          }
        }
      }
    }
    // Every build has tried these.
    few(entry).forEach(cases::remove);
    return List.copyOf(cases);
  }

  /**
   * Each activation in most places, and in each place two.
   *
   * @param which 0 or 1
   */
  private static Activation activation(LayerEntry entry, Place place, int which) {
    if (!entry.has(Trait.ACTIVATION)) {
      return Activation.TANH;
    }
    List<Activation> two =
        switch (place) {
          case FIRST -> List.of(Activation.RELU, Activation.IDENTITY);
          case BEHIND_SEPARABLE_OR_LSTM -> List.of(Activation.SOFTMAX, Activation.RELU);
          case TWICE -> List.of(Activation.RELU, Activation.SOFTMAX);
          case BEHIND_NORMALIZED_CONVOLUTION -> List.of(Activation.IDENTITY, Activation.SOFTMAX);
        };
    return two.get(which);
  }

  /**
   * Places where Deeplearning4j itself fails in every pass, in words that plan passes on: an array
   * is "defined in incorrect workspace" if the first layer of a network of images hands on what it
   * was handed, or cuts volumes. And the derivative of a p-norm is not defined where all values are
   * masked to zero; a run then ends with a gradient that is not finite.
   */
  private static boolean isRefusedByDl4j(Case c) {
    Class<?> type = c.entry().type();
    boolean handsOn = HAND_ON.contains(type);
    boolean images =
        c.data() == ConformanceData.IMAGE_NCHW || c.data() == ConformanceData.IMAGE_NHWC;
    boolean first = c.place() == Place.FIRST;
    boolean masked = c.extra() == Extra.MASKS;
    return (first && handsOn && images)
        || (first && type == Cropping3D.class)
        || (masked
            && c.place() == Place.BEHIND_NORMALIZED_CONVOLUTION
            && c.entry().name().contains("pnorm"));
  }

  private static List<Extra> extras(LayerEntry entry, ConformanceData data) {
    return entry.has(Trait.MASKS) && data.isSequence()
        ? List.of(Extra.NOTHING, Extra.MASKS)
        : List.of(Extra.NOTHING);
  }

  @Test
  void everyLayerOfTheClassPathIsTriedOrRefusedOrHasAReason() {
    Set<Class<?>> tried =
        LayerTable.entries().stream().map(LayerEntry::type).collect(Collectors.toSet());
    Set<String> lines = new TreeSet<>();
    Set<String> forgotten = new TreeSet<>();
    Stream.concat(
            LayersOfClassPath.concrete(Layer.class).stream(),
            LayersOfClassPath.concrete(GraphVertex.class).stream().filter(this::hasParameters))
        .forEach(
            type -> {
              String name = type.getSimpleName();
              if (tried.contains(type)) {
                lines.add("tried    " + name);
              } else if (isRefused(type)) {
                lines.add("refused  " + name + ": a model with it is refused by name");
              } else if (NOT_TRIED.containsKey(type)) {
                lines.add("not tried " + name + ": " + NOT_TRIED.get(type));
              } else {
                forgotten.add(type.getName());
              }
            });
    System.out.println("Layers of Deeplearning4j\n  " + String.join("\n  ", lines));
    assertThat(forgotten).as("layers that LayerTable does not know").isEmpty();
    assertThat(tried).as("lines of LayerTable").hasSizeGreaterThan(50);
  }

  private boolean hasParameters(Class<?> vertex) {
    return SameDiffVertex.class.isAssignableFrom(vertex) || NOT_TRIED.containsKey(vertex);
  }

  private static boolean isRefused(Class<?> type) {
    return AbstractSameDiffLayer.class.isAssignableFrom(type)
        || SameDiffVertex.class.isAssignableFrom(type)
        || type == SpaceToBatchLayer.class
        || type == OCNNOutputLayer.class;
  }

  @Test
  void layersOfWhichDeeplearning4jHasAWrongGradientAreRefusedByName() {
    assertThatThrownBy(() -> parse(new LocallyConnected1D.Builder().kernelSize(2).nOut(3).build()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("a test: layer layer0 (LocallyConnected1D) cannot be trained")
        .hasMessageContaining("twice the right one");
    assertThatThrownBy(
            () ->
                parse(
                    new ConvolutionLayer.Builder(2, 2)
                        .dataFormat(CNN2DFormat.NHWC)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .name("conv")
                        .build()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("a test: layer conv (ConvolutionLayer) cannot be trained")
        .hasMessageContaining("put an ActivationLayer with softmax behind it");
    assertThatThrownBy(() -> parse(new BatchNormalization.Builder(2, 0, true).build()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("gamma 2.0 and beta 0.0");
  }

  private static void parse(Layer layer) {
    InputType type =
        layer instanceof LocallyConnected1D
            ? ConformanceData.SEQUENCE_NCW.type()
            : ConformanceData.IMAGE_NHWC.type();
    if (layer instanceof BatchNormalization) {
      type = ConformanceData.FLAT.type();
    }
    String json =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(layer)
            .setInputType(type)
            .build()
            .toJson();
    ModelConfiguration.parse("a test", json);
  }
}
