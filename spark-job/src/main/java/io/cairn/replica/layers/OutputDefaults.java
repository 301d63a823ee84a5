/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossKLD;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/**
 * What an output layer is told that does not say it: as many units as the labels have classes or
 * columns, and the loss and activation that belong together.
 *
 * <p>Threading: stateless.
 */
final class OutputDefaults {

  private static final String UNITS = "nOut";
  private static final String LOSS = "lossFunction";
  private static final String ACTIVATION = "activation";

  /** The layers that have a loss and no idea of their own what it is. */
  private static final Set<String> WITH_LOSS =
      Set.of(
          "OutputLayer",
          "RnnOutputLayer",
          "CenterLossOutputLayer",
          "LossLayer",
          "RnnLossLayer",
          "CnnLossLayer",
          "Cnn3DLossLayer");

  private static final Set<String> WITHOUT_UNITS =
      Set.of("LossLayer", "RnnLossLayer", "CnnLossLayer", "Cnn3DLossLayer");

  private static final Set<String> WITH_LOSS_OF_THEIR_OWN =
      Set.of("Yolo2OutputLayer", "OCNNOutputLayer");

  private OutputDefaults() {}

  /** Whether a model can end with it. A class of the user's own is taken for one that can. */
  static boolean isOutput(Entry entry) {
    String name = entry.type().getSimpleName();
    boolean known = Family.LAYERS.known().contains(name) || Family.VERTICES.known().contains(name);
    return !known || WITH_LOSS.contains(name) || WITH_LOSS_OF_THEIR_OWN.contains(name);
  }

  /**
   * The same entry with what follows from the labels.
   *
   * @throws MisfitException if what it says and the labels do not go together
   */
  static Entry complete(Entry entry, DataShape.Output labels) throws MisfitException {
    if (!WITH_LOSS.contains(entry.type().getSimpleName())) {
      return entry;
    }
    requireSteps(entry, labels);
    Entry whole = entry;
    if (!entry.given().containsKey(UNITS)
        && !WITHOUT_UNITS.contains(entry.type().getSimpleName())) {
      int units = labels.classes().orElse(labels.values());
      whole = whole.with(UNITS, String.valueOf(units));
    }
    if (labels.classes().isPresent()) {
      return classes(whole, unitsOf(whole));
    }
    return values(whole);
  }

  private static void requireSteps(Entry entry, DataShape.Output labels) throws MisfitException {
    boolean ofSteps = entry.type().getSimpleName().startsWith("Rnn");
    boolean flat =
        Set.of("OutputLayer", "CenterLossOutputLayer", "LossLayer")
            .contains(entry.type().getSimpleName());
    if (labels.steps() == DataShape.Steps.EACH && flat) {
      throw new MisfitException(
          entry.at(),
          "%s gives one output an example, but '%s' has one a time step (max-steps)"
              .formatted(entry.kind(), labels.name()),
          "rnn-output");
    }
    if (labels.steps() == DataShape.Steps.NONE && ofSteps) {
      throw new MisfitException(
          entry.at(),
          "%s gives an output a time step, but '%s' has one an example"
              .formatted(entry.kind(), labels.name()),
          "output, behind last-step or global-pool; or max-steps for the labels");
    }
  }

  private static int unitsOf(Entry entry) throws MisfitException {
    Described units = entry.given().get(UNITS);
    return units == null ? 0 : (Integer) PropertyValues.read(units, int.class);
  }

  /** A class each, or one unit that tells two apart. */
  private static Entry classes(Entry entry, int units) throws MisfitException {
    Optional<ILossFunction> loss = loss(entry);
    Optional<IActivation> activation = activation(entry);
    if (loss.isPresent()) {
      return activation.isPresent() ? entry : activated(entry, loss.get());
    }
    if (activation.isEmpty()) {
      requireActivation(entry);
      return units == 1
          ? entry.with(ACTIVATION, "sigmoid").with(LOSS, "xent")
          : entry.with(ACTIVATION, "softmax").with(LOSS, "mcxent");
    }
    if (activation.get() instanceof ActivationSoftmax && units != 1) {
      return entry.with(LOSS, "mcxent");
    }
    if (activation.get() instanceof ActivationSigmoid) {
      return entry.with(LOSS, "xent");
    }
    throw new MisfitException(
        entry.given().get(ACTIVATION),
        "no loss over classes follows from it",
        "loss = ... beside it, or leave activation out for softmax with mcxent");
  }

  private static Entry values(Entry entry) throws MisfitException {
    Optional<ILossFunction> loss = loss(entry);
    boolean activated = entry.given().containsKey(ACTIVATION);
    if (loss.isEmpty()) {
      Entry whole = entry.with(LOSS, "mse");
      return activated ? whole : whole.with(ACTIVATION, "identity");
    }
    return activated ? entry : activated(entry, loss.get());
  }

  private static Entry activated(Entry entry, ILossFunction loss) throws MisfitException {
    String activation = activationFor(loss);
    if (!activation.equals("identity")) {
      requireActivation(entry);
    }
    return entry.with(ACTIVATION, activation);
  }

  /** The layer before a loss may have it already, and twice would be wrong in silence. */
  private static void requireActivation(Entry entry) throws MisfitException {
    if (WITHOUT_UNITS.contains(entry.type().getSimpleName())) {
      throw new MisfitException(
          entry.at(),
          "%s does not say its activation, and its loss is of probabilities"
              .formatted(entry.kind()),
          "activation = softmax or sigmoid, or identity where the layer before has one of them");
    }
  }

  private static String activationFor(ILossFunction loss) {
    if (loss instanceof LossMCXENT || loss instanceof LossKLD) {
      return "softmax";
    }
    return loss instanceof LossBinaryXENT ? "sigmoid" : "identity";
  }

  private static Optional<ILossFunction> loss(Entry entry) throws MisfitException {
    Described given = entry.given().get(LOSS);
    if (given == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ((LossFunction) PropertyValues.read(given, LossFunction.class)).getILossFunction());
    } catch (MisfitException noWordOfDeeplearning4j) {
      return Optional.of((ILossFunction) PropertyValues.read(given, ILossFunction.class));
    }
  }

  private static Optional<IActivation> activation(Entry entry) throws MisfitException {
    Described given = entry.given().get(ACTIVATION);
    if (given == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ((Activation) PropertyValues.read(given, Activation.class)).getActivationFunction());
    } catch (MisfitException noWordOfDeeplearning4j) {
      return Optional.of((IActivation) PropertyValues.read(given, IActivation.class));
    }
  }
}
