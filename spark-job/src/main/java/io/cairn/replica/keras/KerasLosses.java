/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Locale;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossCosineProximity;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMAPE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossMSLE;
import org.nd4j.linalg.lossfunctions.impl.LossPoisson;

/**
 * Translates those of Keras's losses that ND4J has too.
 *
 * <p>Keras averages over examples and positions. DL4J adds up positions and divides by examples. So
 * a loss over positions gets a weight of one divided by their number. Some losses are means over
 * the columns in Keras and sums in ND4J; they get a weight in the same way.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} naming output, loss and what would be
 * accepted.
 */
final class KerasLosses {

  /** What Keras clips probabilities at; ND4J's own default is a hundred times that. */
  private static final double KERAS_CLIP = 1e-7;

  private KerasLosses() {}

  /**
   * The loss of an output.
   *
   * @param loss as the file has it
   */
  static KerasLoss loss(KerasObject loss, KerasOutput output) {
    KerasConfig config = loss.config();
    config.ignore("name", "fn"); // fn repeats the class
    config.expect("reduction", "auto", "sum_over_batch_size", "mean");
    config.expect("dtype", "float32");
    double factor = factor(loss, output);
    return switch (loss.className().toLowerCase(Locale.ROOT).replace("_", "")) {
      case "categoricalcrossentropy" -> {
        config.expect("label_smoothing", 0);
        yield crossEntropy(config, output, factor);
      }
      case "sparsecategoricalcrossentropy" -> {
        config.expect("ignore_class");
        yield crossEntropy(config, output, factor);
      }
      case "binarycrossentropy", "bce" -> {
        config.expect("label_smoothing", 0);
        yield binaryCrossEntropy(config, output, factor);
      }
      case "mse", "meansquarederror" ->
          plain(
              output,
              factor == 1 ? new LossMSE() : new LossL2(weights(output, factor / output.units())));
      case "mae", "meanabsoluteerror" ->
          plain(
              output,
              factor == 1 ? new LossMAE() : new LossL1(weights(output, factor / output.units())));
      case "mape", "meanabsolutepercentageerror" ->
          new KerasLoss(
              new LossMAPE(weights(output, factor)),
              output.activation(),
              List.of(
                  "output "
                      + output.name()
                      + ": a label of 0 makes a mean absolute percentage error infinite"));
      case "msle", "meansquaredlogarithmicerror" -> {
        requireNotNegative(config, loss, output.activation());
        yield plain(output, new LossMSLE(weights(output, factor)));
      }
      case "poisson" -> {
        requireNotNegative(config, loss, output.activation());
        requirePlain(config, loss, factor / output.units());
        yield plain(output, new LossPoisson());
      }
      case "cosinesimilarity" -> {
        config.expect("axis", -1);
        requirePlain(config, loss, factor);
        yield plain(output, new LossCosineProximity());
      }
      default -> throw unsupported(config, loss);
    };
  }

  private static RuntimeException unsupported(KerasConfig config, KerasObject loss) {
    return config.refused(
        "the loss "
            + loss.className()
            + " is not supported (DL4J has none that computes the same), only"
            + " categorical_crossentropy, sparse_categorical_crossentropy, binary_crossentropy,"
            + " mean_squared_error, mean_absolute_error, mean_absolute_percentage_error,"
            + " mean_squared_logarithmic_error, poisson and cosine_similarity");
  }

  private static double factor(KerasObject loss, KerasOutput output) {
    if (output.positions().isEmpty()) {
      throw loss.config()
          .refused(
              "the loss of output "
                  + output.name()
                  + " is a mean over steps whose number varies or is masked; only a fixed number"
                  + " of steps (in the input's shape), without Masking and mask_zero, or an output"
                  + " for each sequence (return_sequences=False) is the same loss in DL4J");
    }
    return output.weight() / output.positions().getAsLong();
  }

  private static KerasLoss plain(KerasOutput output, ILossFunction function) {
    return new KerasLoss(function, output.activation(), List.of());
  }

  /** A weight for each column; null for 1, which is what ND4J has by default. */
  private static INDArray weights(KerasOutput output, double weight) {
    return weight == 1
        ? null
        : Nd4j.valueArrayOf(new long[] {1, output.units()}, weight, DataType.DOUBLE);
  }

  private static KerasLoss crossEntropy(KerasConfig config, KerasOutput output, double factor) {
    config.expect("axis", -1);
    LossMCXENT function = new LossMCXENT(weights(output, factor));
    return withProbabilities(config, output, function, new ActivationSoftmax());
  }

  private static KerasLoss binaryCrossEntropy(
      KerasConfig config, KerasOutput output, double factor) {
    config.expect("axis", -1);
    LossBinaryXENT function =
        new LossBinaryXENT(KERAS_CLIP, weights(output, factor / output.units()));
    return withProbabilities(config, output, function, new ActivationSigmoid());
  }

  /** DL4J computes these losses of probabilities only, which the output layer must give. */
  private static KerasLoss withProbabilities(
      KerasConfig config, KerasOutput output, ILossFunction function, IActivation wanted) {
    boolean logits = config.flag("from_logits", false);
    if (!logits && !output.activation().getClass().equals(wanted.getClass())) {
      throw config.refused(
          "the loss wants probabilities, but output "
              + output.name()
              + " has the activation "
              + output.activation()
              + "; only "
              + wanted
              + ", or no activation and from_logits=True, is supported");
    }
    if (logits && !(output.activation() instanceof ActivationIdentity)) {
      throw config.refused(
          "from_logits=True wants an output without activation, but output "
              + output.name()
              + " has "
              + output.activation()
              + "; leave out the one or the other");
    }
    List<String> notes =
        logits
            ? List.of(
                "output "
                    + output.name()
                    + " gives probabilities, not logits: "
                    + wanted
                    + " has moved from the loss (from_logits=True) into the layer")
            : List.of();
    return new KerasLoss(function, wanted, notes);
  }

  private static void requireNotNegative(
      KerasConfig config, KerasObject loss, IActivation activation) {
    if (!(activation instanceof ActivationReLU
        || activation instanceof ActivationSigmoid
        || activation instanceof ActivationSoftPlus
        || activation instanceof ActivationSoftmax)) {
      throw config.refused(
          "the loss "
              + loss.className()
              + " treats negative outputs in a way of its own in Keras; only an output layer with"
              + " the activation relu, softplus, sigmoid or softmax is supported");
    }
  }

  private static void requirePlain(KerasConfig config, KerasObject loss, double factor) {
    if (factor != 1) {
      throw config.refused(
          "the loss "
              + loss.className()
              + " cannot be weighted in DL4J, as several columns, steps, pixels or a loss_weight"
              + " would need; only one value an example is supported for it");
    }
  }
}
