/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import io.cairn.replica.ModelException;
import io.cairn.replica.samediff.GraphRoles.Dropout;
import io.cairn.replica.samediff.GraphRoles.Extent;
import io.cairn.replica.samediff.GraphRoles.LabelForm;
import io.cairn.replica.samediff.GraphRoles.Output;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Makes the arrays of a graph's placeholders from a batch: in the placeholder's type and rank, and
 * sequences only as long as the longest one of the batch. What is behind that is padding, which
 * costs time and, in a graph that masks it, changes nothing.
 *
 * <p>A batch's sequences are {@code [examples, steps, values]}.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Failure: {@link ModelException} where a batch does not fit the placeholders.
 */
public final class GraphFeed {

  private final GraphModel model;
  private final GraphRoles roles;
  private final Length length;
  private final List<Boolean> fixedInputs;
  private final List<Boolean> fixedLabels;

  /** How long sequences are. */
  private enum Length {
    /** As the longest of the batch, where the graph leaves it open. */
    LONGEST,
    /** As the data has them. */
    FULL
  }

  /** For a graph's own placeholders. */
  public GraphFeed(GraphModel model) {
    this(model, Length.LONGEST);
  }

  private GraphFeed(GraphModel model, Length length) {
    this.model = model;
    this.roles = model.roles();
    this.length = length;
    this.fixedInputs = roles.inputs().stream().map(this::isFixed).toList();
    this.fixedLabels = roles.outputs().stream().map(Output::label).map(this::isFixed).toList();
  }

  /** Whether a placeholder says how many steps there are, if it is handed a sequence. */
  private boolean isFixed(String placeholder) {
    long[] shape = model.graph().getVariable(placeholder).placeholderShape();
    return shape != null && shape.length >= 2 && shape[1] > 0;
  }

  /** The same without cutting sequences. */
  GraphFeed atFullLength() {
    return new GraphFeed(model, Length.FULL);
  }

  /**
   * The arrays of a pass.
   *
   * @param placeholders by name
   * @param examples of the batch
   * @param terms what {@link GraphRoles.Normaliser} divides by, of this batch
   * @param factor what makes the gradient of the graph's loss a sum
   */
  public record Fed(
      Map<String, INDArray> placeholders, int examples, double terms, double factor) {}

  /** Inputs alone. */
  public Map<String, INDArray> inputs(MultiDataSet batch) {
    Map<String, INDArray> placeholders = new HashMap<>();
    int longest = longest(batch);
    for (int i = 0; i < roles.inputs().size(); i++) {
      placeholders.put(
          roles.inputs().get(i),
          fitted(
              roles.inputs().get(i),
              batch.getFeatures(i),
              mask(batch.getFeaturesMaskArrays(), i) != null,
              longest));
    }
    for (Dropout dropout : roles.dropouts()) {
      placeholders.put(dropout.mask(), one(dropout.mask()));
    }
    return placeholders;
  }

  /** What leaves values as they are, in a placeholder's rank and type. */
  private INDArray one(String placeholder) {
    SDVariable variable = model.graph().getVariable(placeholder);
    long[] shape = variable.placeholderShape();
    long[] ones = new long[shape == null ? 0 : shape.length];
    Arrays.fill(ones, 1);
    return Nd4j.ones(variable.dataType(), ones);
  }

  /**
   * All that a pass with labels needs.
   *
   * @param weight of an example, by its number
   */
  public Fed all(MultiDataSet batch, IntToDoubleFunction weight) {
    Map<String, INDArray> placeholders = inputs(batch);
    int longest = longest(batch);
    for (int i = 0; i < roles.outputs().size(); i++) {
      Output output = roles.outputs().get(i);
      INDArray mask = mask(batch.getLabelsMaskArrays(), i);
      if (mask != null) {
        requireStepsCounted(output, mask, batch);
      }
      INDArray label = fitted(output.label(), batch.getLabels(i), mask != null, longest);
      requireClasses(output, label);
      placeholders.put(output.label(), label);
    }
    int examples = Math.toIntExact(batch.getFeatures(0).size(0));
    double[][] weights = weights(batch, weight, longest);
    roles
        .weights()
        .ifPresent(it -> placeholders.put(it.name(), array(it.name(), it.extent(), weights)));
    return new Fed(placeholders, examples, terms(batch, examples, weights), factor(weights));
  }

  /** Only weights of steps tell those that are there from what pads them. */
  private void requireStepsCounted(Output output, INDArray mask, MultiDataSet batch) {
    if (roles.weights().stream().noneMatch(it -> it.extent() == Extent.STEP)) {
      throw new ModelException(
          "output %s: its labels are sequences (max-steps), and its loss (%s) would count what pads them as labels of 0; model.loss = token-cross-entropy leaves it out, and so does a loss of the graph's own whose weights are a placeholder [examples, steps]"
              .formatted(output.name(), output.loss()));
    }
    if (!labelMask(batch).equals(mask)) {
      throw new ModelException(
          "output %s: its labels have other numbers of steps than those of the output before, and the loss has one placeholder of weights for both"
              .formatted(output.name()));
    }
  }

  /** The mask of those labels that are sequences; null if none are. */
  private static INDArray labelMask(MultiDataSet batch) {
    INDArray[] masks = batch.getLabelsMaskArrays();
    return masks == null
        ? null
        : Arrays.stream(masks).filter(Objects::nonNull).findFirst().orElse(null);
  }

  /** An index that the output has no class for would be no class at all. */
  private static void requireClasses(Output output, INDArray label) {
    boolean index = output.form() == LabelForm.INDEX || output.form() == LabelForm.STEP_INDEX;
    if (index && output.units() > 0 && label.maxNumber().longValue() >= output.units()) {
      throw new ModelException(
          "a label of output %s is class %d, and it has %d (from 0)"
              .formatted(output.name(), label.maxNumber().longValue(), output.units()));
    }
  }

  private double[][] weights(MultiDataSet batch, IntToDoubleFunction weight, int longest) {
    int examples = Math.toIntExact(batch.getFeatures(0).size(0));
    boolean steps = roles.weights().map(it -> it.extent() == Extent.STEP).orElse(false);
    INDArray mask = steps ? labelMask(batch) : null;
    int columns = steps ? longest : 1;
    double[][] weights = new double[examples][columns];
    for (int row = 0; row < examples; row++) {
      double own = weight.applyAsDouble(row);
      for (int step = 0; step < columns; step++) {
        weights[row][step] = mask == null ? own : own * mask.getDouble(row, step);
      }
    }
    return weights;
  }

  private INDArray array(String name, Extent extent, double[][] weights) {
    SDVariable placeholder = model.graph().getVariable(name);
    INDArray array = Nd4j.createFromArray(weights).castTo(placeholder.dataType());
    long[] shape = placeholder.placeholderShape();
    boolean flat = extent == Extent.EXAMPLE && (shape == null || shape.length < 2);
    return flat ? array.reshape(weights.length) : array;
  }

  private double terms(MultiDataSet batch, int examples, double[][] weights) {
    return switch (roles.normaliser()) {
      case NOTHING, EXAMPLES -> examples;
      case TOKENS -> {
        INDArray mask = labelMask(batch);
        yield mask == null ? (double) batch.getLabels(0).length() : mask.sumNumber().doubleValue();
      }
      case WEIGHTS -> sum(weights);
      case NONZERO_WEIGHTS -> nonZero(weights);
    };
  }

  private double factor(double[][] weights) {
    return switch (roles.reduction()) {
      case SUM -> 1;
      case MEAN -> weights.length;
      case MEAN_BY_WEIGHT -> sum(weights);
      case MEAN_BY_NONZERO_WEIGHT -> nonZero(weights);
    };
  }

  private static double sum(double[][] weights) {
    return Arrays.stream(weights).flatMapToDouble(Arrays::stream).sum();
  }

  private static double nonZero(double[][] weights) {
    return Arrays.stream(weights).flatMapToDouble(Arrays::stream).filter(it -> it != 0).count();
  }

  private static INDArray mask(INDArray[] masks, int number) {
    return masks == null ? null : masks[number];
  }

  /**
   * An output of steps with as many as the data has at the most: those that were left out are zero.
   *
   * @param number of the output
   */
  INDArray padded(int number, INDArray output, MultiDataSet batch) {
    boolean steps = roles.outputs().get(number).form() == LabelForm.STEP_INDEX;
    INDArray own = mask(batch.getLabelsMaskArrays(), number);
    int most = own == null ? full(batch.getFeaturesMaskArrays()) : Math.toIntExact(own.size(1));
    if (!steps || output.rank() < 2 || output.size(1) >= most) {
      return output;
    }
    long[] shape = output.shape().clone();
    shape[1] = most;
    INDArray padded = Nd4j.zeros(output.dataType(), shape);
    INDArrayIndex[] at = new INDArrayIndex[shape.length];
    Arrays.fill(at, NDArrayIndex.all());
    at[1] = NDArrayIndex.interval(0, output.size(1));
    padded.get(at).assign(output);
    return padded;
  }

  /** Steps of the longest sequence; 0 where there is none. */
  private int longest(MultiDataSet batch) {
    INDArray[] inputs = batch.getFeaturesMaskArrays();
    INDArray[] labels = batch.getLabelsMaskArrays();
    if (length == Length.FULL || anyFixed(fixedInputs, inputs) || anyFixed(fixedLabels, labels)) {
      return full(inputs, labels);
    }
    return Math.max(longest(inputs), longest(labels));
  }

  private static int longest(INDArray[] masks) {
    int longest = 0;
    for (int i = 0; masks != null && i < masks.length; i++) {
      longest = masks[i] == null ? longest : Math.max(longest, steps(masks[i]));
    }
    return longest;
  }

  /** Whether the placeholder of some sequence says how many steps there are. */
  private static boolean anyFixed(List<Boolean> fixed, INDArray[] masks) {
    for (int i = 0; masks != null && i < masks.length; i++) {
      if (masks[i] != null && fixed.get(i)) {
        return true;
      }
    }
    return false;
  }

  private static int steps(INDArray mask) {
    int longest = 0;
    int all = Math.toIntExact(mask.size(1));
    for (int row = 0; row < mask.size(0); row++) {
      int length = all;
      while (length > longest && mask.getDouble(row, length - 1) == 0) {
        length--;
      }
      longest = Math.max(longest, length);
    }
    return longest;
  }

  private static int full(INDArray[]... masks) {
    int full = 0;
    for (INDArray[] some : masks) {
      for (int i = 0; some != null && i < some.length; i++) {
        full = some[i] == null ? full : Math.max(full, Math.toIntExact(some[i].size(1)));
      }
    }
    return full;
  }

  /** An array in the placeholder's rank and type. */
  private INDArray fitted(String name, INDArray array, boolean sequence, int longest) {
    SDVariable placeholder = model.graph().getVariable(name);
    INDArray values = array;
    if (sequence) {
      if (array.size(1) < longest) {
        throw new ModelException(
            "'%s' has %d steps where others of the same examples have %d (max-steps)"
                .formatted(name, array.size(1), longest));
      }
      values = array.get(NDArrayIndex.all(), NDArrayIndex.interval(0, longest), NDArrayIndex.all());
      values = values.dup('c').reshape('c', new long[] {array.size(0), longest, array.size(2)});
    }
    long[] wanted = placeholder.placeholderShape();
    return cast(wanted == null ? values : laidOut(name, values, wanted), placeholder.dataType());
  }

  private static INDArray laidOut(String name, INDArray values, long[] wanted) {
    long[] shape = values.shape();
    if (shape.length == wanted.length || wanted.length == 0) {
      return values;
    }
    if (shape.length == wanted.length + 1 && shape[shape.length - 1] == 1) {
      return values.dup('c').reshape('c', Arrays.copyOf(shape, shape.length - 1));
    }
    long fixed = Arrays.stream(wanted).skip(1).reduce(1, (a, b) -> a * b);
    boolean known = Arrays.stream(wanted).skip(1).allMatch(length -> length > 0);
    if (known && fixed * shape[0] == values.length()) {
      long[] laid = wanted.clone();
      laid[0] = shape[0];
      return values.dup('c').reshape('c', laid);
    }
    throw new ModelException(
        "placeholder %s has shape %s, the data gives %s; a shape of the input or output in data.inputs or data.outputs lays it out"
            .formatted(name, Arrays.toString(wanted), Arrays.toString(shape)));
  }

  private static INDArray cast(INDArray values, DataType type) {
    return values.dataType() == type ? values : values.castTo(type);
  }
}
