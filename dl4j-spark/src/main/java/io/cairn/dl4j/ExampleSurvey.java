/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.dl4j.Example.Values;
import io.cairn.dl4j.NetworkDemand.ArrayDemand;
import io.cairn.dl4j.NetworkDemand.Content;
import io.cairn.dl4j.NetworkDemand.StepAxis;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the examples of all data sets look like: which shapes there are, how many time steps,
 * whether labels are classes, and what is wrong. Merged out of those of the partitions.
 *
 * <p>Threading: one thread.
 */
final class ExampleSurvey implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int MOST_SENTENCES = 20;

  private final NetworkDemand demand;
  private final ArrayList<ArraySurvey> arrays = new ArrayList<>();
  private final TreeMap<String, Long> problems = new TreeMap<>();
  private long examples;
  private boolean stepsAlike = true;

  ExampleSurvey(NetworkDemand demand) {
    this.demand = demand;
    demand.arrays().forEach(array -> arrays.add(new ArraySurvey(array)));
  }

  /** Of one array. */
  static final class ArraySurvey implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final int MOST_SHAPES = 3;

    private final ArrayDemand demand;
    private final TreeSet<String> shapes = new TreeSet<>();
    private int[] shape = {};
    private int fewest = Integer.MAX_VALUE;
    private int most;
    private boolean oneHot = true;

    ArraySurvey(ArrayDemand demand) {
      this.demand = demand;
    }

    private void add(Values values) {
      if (shapes.size() < MOST_SHAPES) {
        shapes.add(shown(values));
      }
      shape = values.shape();
      fewest = Math.min(fewest, values.steps());
      most = Math.max(most, values.steps());
      oneHot = oneHot && demand.content() == Content.ONE_HOT && isOneHot(values);
    }

    /** With a star for the number of steps, which may differ. */
    private String shown(Values values) {
      int[] found = values.shape();
      if (values.steps() == 0) {
        return Arrays.toString(found);
      }
      if (found.length == 1) {
        return "[*]";
      }
      return demand.axis() == StepAxis.LAST
          ? "[%d, *]".formatted(found[0])
          : "[*, %d]".formatted(found[1]);
    }

    private boolean isOneHot(Values values) {
      int[] found = values.shape();
      boolean sequence = found.length == 2 && values.steps() > 0;
      if (found.length != 1 && !sequence) {
        return false;
      }
      StepValues steps = new StepValues(values, demand.axis());
      for (int step = 0; step < steps.count(); step++) {
        if (steps.channels() < 2 || steps.classAt(step) < 0) {
          return false;
        }
      }
      return true;
    }

    private void merge(ArraySurvey later) {
      shapes.addAll(later.shapes);
      shape = later.shape.length == 0 ? shape : later.shape;
      fewest = Math.min(fewest, later.fewest);
      most = Math.max(most, later.most);
      oneHot = oneHot && later.oneHot;
    }

    ArrayDemand demand() {
      return demand;
    }

    boolean hasSteps() {
      return most > 0;
    }

    boolean hasSameStepsEverywhere() {
      return fewest == most;
    }

    int mostSteps() {
      return most;
    }

    /** Of an example; where numbers of steps differ, of some example. */
    List<Integer> shape() {
      return Arrays.stream(shape).boxed().toList();
    }

    /** How many classes the labels tell apart; 0 if they are values. */
    int classes() {
      int channels = shape.length == 2 && demand.axis() == StepAxis.FIRST ? shape[1] : shape[0];
      return oneHot && (demand.units() == 0 || demand.units() == channels) ? channels : 0;
    }
  }

  /** Surveys the examples of a partition. */
  static ExampleSurvey of(NetworkDemand demand, Iterator<byte[]> examples) {
    ExampleSurvey survey = new ExampleSurvey(demand);
    while (examples.hasNext()) {
      survey.add(Example.of(examples.next(), demand.precision()));
    }
    return survey;
  }

  private void add(Example example) {
    if (example instanceof Example.Wrong wrong) {
      problem(wrong.problem(), 1);
      return;
    }
    Example.Sound sound = (Example.Sound) example;
    examples++;
    stepsAlike = stepsAlike && sound.steps() == Example.StepCounts.ALIKE;
    for (int i = 0; i < arrays.size(); i++) {
      arrays.get(i).add(sound.arrays().get(i));
    }
  }

  private void problem(String sentence, long times) {
    if (problems.size() < MOST_SENTENCES || problems.containsKey(sentence)) {
      problems.merge(sentence, times, Long::sum);
    }
  }

  /** Adds what was found in a later partition. */
  void merge(ExampleSurvey later) {
    examples += later.examples;
    stepsAlike = stepsAlike && later.stepsAlike;
    later.problems.forEach(this::problem);
    for (int i = 0; i < arrays.size(); i++) {
      arrays.get(i).merge(later.arrays.get(i));
    }
  }

  /** How many there are. */
  long examples() {
    return examples;
  }

  /** Inputs, then outputs. */
  List<ArraySurvey> arrays() {
    return List.copyOf(arrays);
  }

  /** Whether the arrays of a data set with time steps all have as many. */
  boolean areStepsAlike() {
    return stepsAlike;
  }

  NetworkDemand demand() {
    return demand;
  }

  /** All that is wrong, a sentence each. */
  List<String> problems() {
    List<String> sentences = new ArrayList<>();
    problems.forEach(
        (sentence, times) ->
            sentences.add(times == 1 ? sentence : sentence + " (" + times + " data sets)"));
    if (examples == 0 && sentences.isEmpty()) {
      sentences.add("the data: there is no example in any data set");
    }
    for (ArraySurvey array : arrays) {
      if (array.shapes.size() > 1) {
        sentences.add(
            "%s: examples of different shapes, %s; all must have the same, but for the time steps of sequences"
                .formatted(array.demand.name(), String.join(" and ", array.shapes)));
      }
    }
    return sentences;
  }
}
