/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.dl4j.Example.StepCounts;
import io.cairn.dl4j.Example.Values;
import io.cairn.dl4j.NetworkDemand.ArrayDemand;
import io.cairn.dl4j.NetworkDemand.Content;
import io.cairn.dl4j.NetworkDemand.StepAxis;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Splits data sets into their examples, so that nothing depends on how many of them a data set
 * holds. Steps that are masked are left out; what masks cannot say to the data room is a problem
 * with a sentence, in place of the examples.
 *
 * <p>Threading: immutable, safe everywhere. Travels to executors.
 *
 * @param demand what the network wants
 */
record ExampleSplitter(NetworkDemand demand) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What makes a data set unfit. */
  private static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;

    Unfit(String problem) {
      super(problem, null, false, false);
    }
  }

  /** An array with all its examples, and how many steps each of them has; 0: no steps. */
  private record Whole(ArrayDemand demand, int[] shape, int[] steps, int padded, double[] numbers) {
    int length() {
      return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    boolean isCut() {
      return padded > 0 && Arrays.stream(steps).anyMatch(count -> count < padded);
    }

    Whole cut(int[] counts) {
      return new Whole(demand, shape, counts, padded, numbers);
    }
  }

  /** The examples of a data set. */
  List<byte[]> split(DataSet data) {
    return split(
        one(data.getFeatures()),
        one(data.getFeaturesMaskArray()),
        one(data.getLabels()),
        one(data.getLabelsMaskArray()));
  }

  /** The examples of a data set of several arrays. */
  List<byte[]> split(MultiDataSet data) {
    return split(
        data.getFeatures(),
        data.getFeaturesMaskArrays(),
        data.getLabels(),
        data.getLabelsMaskArrays());
  }

  /** What stands in the place of examples that could not be read. */
  List<byte[]> unreadable(String problem) {
    return List.of(new Example.Wrong(problem).bytes(demand.precision()));
  }

  private static INDArray[] one(INDArray array) {
    return array == null ? null : new INDArray[] {array};
  }

  private List<byte[]> split(
      INDArray[] features, INDArray[] featureMasks, INDArray[] labels, INDArray[] labelMasks) {
    try {
      List<Whole> inputs = whole("features", features, featureMasks, demand.inputs());
      List<Whole> outputs = whole("labels", labels, labelMasks, demand.outputs());
      List<Whole> all = new ArrayList<>(inputs);
      for (int i = 0; i < outputs.size(); i++) {
        if (labelMasks == null || i >= labelMasks.length || labelMasks[i] == null) {
          requireOwnMask(inputs, outputs.get(i));
        }
        all.add(outputs.get(i));
      }
      return examples(all);
    } catch (Unfit e) {
      return unreadable(e.getMessage());
    }
  }

  private List<byte[]> examples(List<Whole> arrays) throws Unfit {
    int count = arrays.get(0).steps().length;
    for (Whole array : arrays) {
      if (array.steps().length != count) {
        throw new Unfit(
            "%s: %d examples, where %s are of %d"
                .formatted(
                    array.demand().name(),
                    array.steps().length,
                    arrays.get(0).demand().name(),
                    count));
      }
    }
    boolean alike =
        arrays.stream().mapToInt(Whole::padded).filter(steps -> steps > 0).distinct().count() <= 1;
    List<byte[]> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Values> values = new ArrayList<>();
      for (Whole array : arrays) {
        values.add(values(array, i));
      }
      StepCounts steps = alike ? StepCounts.ALIKE : StepCounts.DIFFERENT;
      examples.add(new Example.Sound(values, steps).bytes(demand.precision()));
    }
    return examples;
  }

  private static List<Whole> whole(
      String what, INDArray[] arrays, INDArray[] masks, List<ArrayDemand> wanted) throws Unfit {
    if (arrays == null || arrays.length == 0 || Arrays.asList(arrays).contains(null)) {
      throw new Unfit(what + ": a data set has none; a network is fitted to features and labels");
    }
    if (arrays.length != wanted.size()) {
      throw new Unfit(
          "%s: a data set has %d arrays, the network takes %d (%s)"
              .formatted(
                  what,
                  arrays.length,
                  wanted.size(),
                  String.join(", ", wanted.stream().map(ArrayDemand::name).toList())));
    }
    List<Whole> all = new ArrayList<>();
    for (int i = 0; i < arrays.length; i++) {
      INDArray mask = masks == null || i >= masks.length ? null : masks[i];
      all.add(whole(wanted.get(i), arrays[i], mask));
    }
    return all;
  }

  private static Whole whole(ArrayDemand demand, INDArray array, INDArray mask) throws Unfit {
    if (array.rank() < 2) {
      throw new Unfit(
          "%s: an array of shape %s; the first dimension is that of the examples, and there is at least one more"
              .formatted(demand.name(), Arrays.toString(array.shape())));
    }
    int count = Math.toIntExact(array.size(0));
    int[] shape = new int[array.rank() - 1];
    for (int d = 0; d < shape.length; d++) {
      shape[d] = Math.toIntExact(array.size(d + 1));
    }
    int padded = 0;
    if (shape.length == 2 && demand.axis() != StepAxis.UNDECIDED) {
      padded = demand.axis() == StepAxis.LAST ? shape[1] : shape[0];
    } else if (shape.length == 1 && demand.content() == Content.INDICES) {
      padded = shape[0];
    }
    int[] steps = new int[count];
    Arrays.fill(steps, padded);
    Whole whole = new Whole(demand, shape, steps, padded, array.dup('c').data().asDouble());
    return mask == null || isAllOnes(mask) ? whole : whole.cut(Masks.steps(whole, mask));
  }

  private static boolean isAllOnes(INDArray mask) {
    return Arrays.stream(mask.dup('c').data().asDouble()).allMatch(value -> value == 1);
  }

  /** What masks say. */
  private static final class Masks {
    private Masks() {}

    /** How many steps each example has, of a mask that leaves some out. */
    static int[] steps(Whole array, INDArray mask) throws Unfit {
      boolean fits =
          array.padded() > 0
              && mask.rank() == 2
              && mask.size(0) == array.steps().length
              && mask.size(1) == array.padded();
      if (!fits) {
        throw new Unfit(
            "%s: a mask of shape %s that leaves values out, for an example of shape %s; masks of time steps can be trained with, [examples, steps]%s"
                .formatted(
                    array.demand().name(),
                    Arrays.toString(mask.shape()),
                    Arrays.toString(array.shape()),
                    array.demand().undecided().isEmpty()
                        ? ""
                        : ", where the network says where they stand; here "
                            + array.demand().undecided()));
      }
      double[] values = mask.dup('c').data().asDouble();
      int[] steps = new int[array.steps().length];
      for (int i = 0; i < steps.length; i++) {
        steps[i] = steps(array, values, i);
      }
      return steps;
    }

    private static int steps(Whole array, double[] mask, int example) throws Unfit {
      int steps = 0;
      int first = example * array.padded();
      while (steps < array.padded() && mask[first + steps] == 1) {
        steps++;
      }
      for (int i = steps; i < array.padded(); i++) {
        if (mask[first + i] != 0) {
          throw new Unfit(
              "%s: a mask with %s at step %d after a step that is left out, or that is no 0 or 1; steps can be left out at the end of a sequence only (for one label a sequence: labels of two dimensions, and a network that ends its sequence with LastTimeStep or a global pooling)"
                  .formatted(array.demand().name(), mask[first + i], i));
        }
      }
      if (steps == 0) {
        throw new Unfit(array.demand().name() + ": a mask that leaves out all steps of an example");
      }
      return steps;
    }
  }

  /** Deeplearning4j would count steps that are there only because others are longer. */
  private static void requireOwnMask(List<Whole> inputs, Whole labels) throws Unfit {
    boolean cut =
        labels.padded() > 0
            && inputs.stream()
                .anyMatch(input -> input.isCut() && input.padded() == labels.padded());
    if (cut) {
      throw new Unfit(
          "%s: no mask, where the features have one that leaves steps out; give the labels a mask of their own, as setLabelsMaskArray(getFeaturesMaskArray()) does"
              .formatted(labels.demand().name()));
    }
  }

  /** One example, without its masked steps. */
  private static Values values(Whole array, int example) {
    int length = array.length();
    int first = example * length;
    int steps = array.steps()[example];
    int[] shape = array.shape();
    if (steps == array.padded()) {
      return new Values(shape, steps, Arrays.copyOfRange(array.numbers(), first, first + length));
    }
    if (shape.length == 1) {
      return new Values(
          new int[] {steps}, steps, Arrays.copyOfRange(array.numbers(), first, first + steps));
    }
    if (array.demand().axis() == StepAxis.FIRST) {
      int channels = shape[1];
      return new Values(
          new int[] {steps, channels},
          steps,
          Arrays.copyOfRange(array.numbers(), first, first + steps * channels));
    }
    int channels = shape[0];
    double[] numbers = new double[channels * steps];
    for (int channel = 0; channel < channels; channel++) {
      System.arraycopy(
          array.numbers(), first + channel * shape[1], numbers, channel * steps, steps);
    }
    return new Values(new int[] {channels, steps}, steps, numbers);
  }
}
