/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.GraphRoles.Extent;
import io.cairn.replica.samediff.GraphRoles.LabelForm;
import io.cairn.replica.samediff.GraphRoles.Normaliser;
import io.cairn.replica.samediff.GraphRoles.Output;
import io.cairn.replica.samediff.GraphRoles.Reduction;
import io.cairn.replica.samediff.GraphRoles.Score;
import io.cairn.replica.samediff.GraphRoles.Weights;
import io.cairn.settings.GraphSettings.Loss;
import io.cairn.settings.GraphSettings.NormaliseBy;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Adds to a graph the loss that the settings ask for: placeholders for labels and weights, and the
 * loss as a sum of weighted terms. It is made of operators whose derivatives are right, and not of
 * SameDiff's own losses, which ignore the gradient that comes from behind them.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 */
final class GivenLoss {

  static final String LABELS = "labels";
  static final String WEIGHTS = "label_weights";
  static final String LOSS = "loss";

  private final SameDiff graph;
  private final DataType type;
  private final SDVariable output;
  private final Loss loss;
  private final OptionalInt classes;

  /**
   * @param type that the graph computes in
   * @param output what is compared with labels
   * @param classes how many the settings name
   */
  GivenLoss(SameDiff graph, DataType type, SDVariable output, Loss loss, OptionalInt classes) {
    this.graph = graph;
    this.type = type;
    this.output = output;
    this.loss = loss;
    this.classes = classes;
  }

  /**
   * Adds it, in the place of any loss that the graph has.
   *
   * @param inputs the graph's inputs
   * @param units values of a row of the output; 0 where that is not known
   */
  GraphRoles add(List<String> inputs, long units, Optional<NormaliseBy> normaliseBy) {
    if (normaliseBy.equals(Optional.of(NormaliseBy.TOKENS)) && loss != Loss.TOKEN_CROSS_ENTROPY) {
      throw new RefusedGraphException(
          "model.normalise-by = tokens counts steps that have a label, and model.loss = %s has one label an example; token-cross-entropy has one a step"
              .formatted(word()));
    }
    String label = free(LABELS);
    String weights = free(WEIGHTS);
    Extent extent = loss == Loss.TOKEN_CROSS_ENTROPY ? Extent.STEP : Extent.EXAMPLE;
    SDVariable weight =
        graph.placeHolder(
            weights, type, extent == Extent.STEP ? new long[] {-1, -1} : new long[] {-1});
    SDVariable terms =
        switch (loss) {
          case SOFTMAX_CROSS_ENTROPY ->
              crossEntropy(graph.placeHolder(label, type, -1, classColumns(units)));
          case SPARSE -> crossEntropy(oneHot(graph.placeHolder(label, DataType.INT64, -1), units));
          case TOKEN_CROSS_ENTROPY ->
              crossEntropy(oneHot(graph.placeHolder(label, DataType.INT64, -1, -1), units));
          case SIGMOID -> perExample(sigmoid(likeOutput(label)));
          case MSE -> perExample(graph.math().square(output.sub(likeOutput(label))));
        };
    SDVariable sum = terms.mul(weight).sum(free(LOSS), false);
    graph.setLossVariables(sum.name());
    return new GraphRoles(
        inputs,
        List.of(new Output(output.name(), label, form(), score(), units, word())),
        Optional.of(new Weights(weights, extent)),
        Reduction.SUM,
        normaliser(normaliseBy));
  }

  /** Labels in the output's shape, so that nothing is stretched over the other. */
  private SDVariable likeOutput(String label) {
    return graph.reshape(graph.placeHolder(label, type, (long[]) null), output.shape());
  }

  private static Normaliser normaliser(Optional<NormaliseBy> given) {
    return given
        .map(
            by ->
                switch (by) {
                  case EXAMPLES -> Normaliser.EXAMPLES;
                  case TOKENS -> Normaliser.TOKENS;
                  case WEIGHTS -> Normaliser.WEIGHTS;
                })
        .orElse(Normaliser.WEIGHTS);
  }

  private long classColumns(long units) {
    return units > 0 ? units : -1;
  }

  /** {@code log sum exp z - z y}, summed over the last axis. */
  private SDVariable crossEntropy(SDVariable oneHot) {
    return graph.nn().logSoftmax(output).mul(oneHot).sum(-1).neg();
  }

  private SDVariable oneHot(SDVariable index, long units) {
    if (classes.isEmpty()) {
      throw new RefusedGraphException(
          "model.loss = %s takes the index of a class; say how many classes there are: data.classes, or data.outputs = [{ columns = ..., classes = ... }]"
              .formatted(word()));
    }
    if (units > 0 && units != classes.getAsInt()) {
      throw new RefusedGraphException(
          "output %s has %d values, one a class, but classes = %d"
              .formatted(output.name(), units, classes.getAsInt()));
    }
    return graph.oneHot(index, classes.getAsInt(), -1, 1, 0, type);
  }

  /** {@code max(z, 0) - z y + log(1 + exp(-|z|))}, which no z makes overflow. */
  private SDVariable sigmoid(SDVariable labels) {
    SDVariable positive = graph.nn().relu(output, 0);
    SDVariable rest = graph.math().log(graph.math().exp(graph.math().abs(output).neg()).add(1));
    return positive.sub(output.mul(labels)).add(rest);
  }

  /**
   * The mean over all values of an example. Of a matrix of one column, ND4J's session fails to make
   * it: it takes that for a vector with nothing to reduce.
   */
  private SDVariable perExample(SDVariable values) {
    SDVariable examples = graph.slice(output.shape(), new int[] {0}, new int[] {1});
    SDVariable rest = graph.constant(Nd4j.createFromArray(new long[] {-1, 1}));
    return graph.reshape(values, graph.concat(0, examples, rest)).mean(1, 2);
  }

  private LabelForm form() {
    return switch (loss) {
      case SOFTMAX_CROSS_ENTROPY -> LabelForm.ONE_HOT;
      case SPARSE -> LabelForm.INDEX;
      case TOKEN_CROSS_ENTROPY -> LabelForm.STEP_INDEX;
      case SIGMOID, MSE -> LabelForm.VALUES;
    };
  }

  private Score score() {
    return switch (loss) {
      case SOFTMAX_CROSS_ENTROPY, SPARSE, TOKEN_CROSS_ENTROPY -> Score.SOFTMAX;
      case SIGMOID -> Score.SIGMOID;
      case MSE -> Score.AS_IT_IS;
    };
  }

  private String word() {
    return loss.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private String free(String wanted) {
    String name = wanted;
    for (int i = 1; graph.hasVariable(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
