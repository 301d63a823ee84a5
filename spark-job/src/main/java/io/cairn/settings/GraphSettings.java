/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.text;

import java.util.Objects;
import java.util.Optional;

/**
 * What a SameDiff or ONNX graph does not say itself: which of its variables is the output, and how
 * it is compared with labels. Other models say all of it, and take none of these.
 *
 * @param output the variable whose values are the model's output; absent: the one that the file's
 *     loss compares with labels, or the only output of an ONNX file
 * @param loss absent: the file's own
 * @param normaliseBy what a loss is divided by, over the whole effective batch; absent: by what its
 *     terms weigh, which without weights are examples, or tokens where the loss is one of tokens
 */
public record GraphSettings(
    Optional<String> output, Optional<Loss> loss, Optional<NormaliseBy> normaliseBy) {

  static final Key<String> OUTPUT = Key.of("model.output", text());
  static final Key<Loss> LOSS = Key.of("model.loss", choice(Loss.class));
  static final Key<NormaliseBy> NORMALISE_BY =
      Key.of("model.normalise-by", choice(NormaliseBy.class));

  /** Nothing is said. */
  public static final GraphSettings NONE =
      new GraphSettings(Optional.empty(), Optional.empty(), Optional.empty());

  /** How an output is compared with labels. The output is what comes before softmax or sigmoid. */
  public enum Loss {
    /** Cross entropy of a softmax over classes; a label is a number for each class. */
    SOFTMAX_CROSS_ENTROPY,
    /** The same; a label is the index of a class. */
    SPARSE,
    /** Cross entropy of a sigmoid for each value; the mean over an example's values. */
    SIGMOID,
    /** Squared error; the mean over an example's values. */
    MSE,
    /** Cross entropy of a softmax at each step of a sequence; a label is an index at each step. */
    TOKEN_CROSS_ENTROPY
  }

  /** What a summed loss is divided by. */
  public enum NormaliseBy {
    /** The number of examples, whatever they weigh. */
    EXAMPLES,
    /** The number of steps that have a label, whatever they weigh. */
    TOKENS,
    /** The sum of the weights of the loss's terms. */
    WEIGHTS
  }

  public GraphSettings {
    Objects.requireNonNull(output, "output");
    Objects.requireNonNull(loss, "loss");
    Objects.requireNonNull(normaliseBy, "normaliseBy");
  }

  /** Whether any of it is given. */
  public boolean isGiven() {
    return output.isPresent() || loss.isPresent() || normaliseBy.isPresent();
  }

  /** The settings, once nothing is known to be wrong. */
  static GraphSettings from(Values values) {
    return new GraphSettings(values.maybe(OUTPUT), values.maybe(LOSS), values.maybe(NORMALISE_BY));
  }
}
