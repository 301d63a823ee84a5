/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.samediff.GraphFeed.Fed;
import io.cairn.replica.samediff.GraphRoles.Output;
import io.cairn.replica.samediff.GraphRoles.Score;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Passes of a graph: gradients, losses, outputs. Sessions are made when they are needed, and kept.
 *
 * <p>Owned by whoever makes it, who {@link #forget}s when it is of no use any more.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Failure: SameDiff's own; {@link #forget} must follow, which gives back what the pass has left.
 */
public final class GraphPasses {

  private final GraphModel model;
  private final GraphFeed feed;
  private final INDArray gradient;
  private final List<String> losses;
  private GraphSession backward;
  private GraphSession forward;
  private MultiDataSet last;
  private double terms;

  /**
   * @param model bound to its values
   * @param gradient where gradients go, zeros at first: what is frozen has none, and stays so; null
   *     if there will be none
   */
  public GraphPasses(GraphModel model, INDArray gradient) {
    this.model = model;
    this.feed = new GraphFeed(model);
    this.gradient = gradient;
    this.losses = List.copyOf(model.graph().getLossVariables());
  }

  /**
   * The gradient of one batch, as a sum over its examples, in the vector.
   *
   * @param weight of an example, by its number
   * @return the loss as a sum
   */
  public double backpropagate(MultiDataSet batch, IntToDoubleFunction weight) {
    Fed fed = fed(batch, weight);
    if (backward == null) {
      backward = model.gradients(gradient);
    }
    double loss = sum(backward.compute(losses, fed.placeholders()));
    if (fed.factor() != 1) {
      gradient.muli(fed.factor());
    }
    return loss * fed.factor();
  }

  /** The loss of one batch, as a sum, without gradients. */
  public double loss(MultiDataSet batch, IntToDoubleFunction weight) {
    Fed fed = fed(batch, weight);
    return sum(forward().compute(losses, fed.placeholders())) * fed.factor();
  }

  /** What an update divides by, of the batch of the last pass, or of another. */
  public double terms(MultiDataSet batch, IntToDoubleFunction weight) {
    return batch == last ? terms : feed.all(batch, weight).terms();
  }

  private Fed fed(MultiDataSet batch, IntToDoubleFunction weight) {
    Fed fed = feed.all(batch, weight);
    last = batch;
    terms = fed.terms();
    return fed;
  }

  /** Outputs of one batch, one for each of the model's. */
  public INDArray[] output(MultiDataSet batch) {
    List<String> names = model.roles().outputs().stream().map(Output::name).toList();
    Map<String, INDArray> found =
        forward().compute(names.stream().distinct().toList(), feed.inputs(batch));
    INDArray[] outputs = new INDArray[names.size()];
    for (int i = 0; i < outputs.length; i++) {
      Score score = model.roles().outputs().get(i).score();
      INDArray values = found.get(names.get(i));
      INDArray scored =
          switch (score) {
            case AS_IT_IS -> values;
            case SIGMOID -> Transforms.sigmoid(values, true);
            case SOFTMAX -> softmax(values);
          };
      outputs[i] = feed.padded(i, scored, batch);
    }
    return outputs;
  }

  /**
   * What each operator between inputs and outputs makes of a batch, if it has a row for each
   * example, by its variable, in the graph's order; sequences at their full length.
   */
  public Map<String, INDArray> activations(MultiDataSet batch) {
    List<String> outputs = model.roles().outputs().stream().map(Output::name).toList();
    Set<String> made = GraphWalk.differentiableSources(model.graph(), outputs);
    List<String> names =
        model.graph().getOps().values().stream()
            .flatMap(op -> op.getOutputsOfOp().stream())
            .filter(made::contains)
            .toList();
    Map<String, INDArray> found = forward().compute(names, feed.atFullLength().inputs(batch));
    long examples = batch.getFeatures(0).size(0);
    found.values().removeIf(array -> array.rank() == 0 || array.size(0) != examples);
    return found;
  }

  private static INDArray softmax(INDArray values) {
    long units = values.size(values.rank() - 1);
    INDArray rows = values.reshape('c', new long[] {values.length() / units, units});
    return Transforms.softmax(rows, true).reshape('c', values.shape());
  }

  private GraphSession forward() {
    if (forward == null) {
      forward = model.outputs();
    }
    return forward;
  }

  private static double sum(Map<String, INDArray> losses) {
    double sum = 0;
    for (INDArray loss : losses.values()) {
      sum += loss.sumNumber().doubleValue();
      loss.close();
    }
    return sum;
  }

  /** Bytes of the arrays that passes have made. */
  public long heldBytes() {
    return (backward == null ? 0 : backward.heldBytes())
        + (forward == null ? 0 : forward.heldBytes());
  }

  /** Frees what passes have left. */
  public void forget() {
    if (backward != null) {
      backward.close();
      backward = null;
    }
    if (forward != null) {
      forward.close();
      forward = null;
    }
    last = null;
  }
}
