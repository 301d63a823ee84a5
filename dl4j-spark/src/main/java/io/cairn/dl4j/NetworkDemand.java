/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.replica.ModelSignature;
import io.cairn.replica.ModelSource;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * What a network wants of data sets: one array for each input and output, and where time steps
 * stand in it.
 *
 * <p>Threading: immutable, safe everywhere. Travels to executors.
 *
 * @param inputs in the network's order
 * @param outputs in the network's order
 * @param precision the network's number format
 */
record NetworkDemand(List<ArrayDemand> inputs, List<ArrayDemand> outputs, Precision precision)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  NetworkDemand {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The network's number format. */
  enum Precision {
    /** float32. */
    SINGLE,
    /** float64. */
    DOUBLE
  }

  /** Where the time steps of an array of three dimensions stand. */
  enum StepAxis {
    /** {@code [examples, channels, steps]}. */
    LAST,
    /** {@code [examples, steps, channels]}. */
    FIRST,
    /** The network does not say. */
    UNDECIDED
  }

  /** What the values of an array may be. */
  enum Content {
    /** Any values. */
    VALUES,
    /** Indices of an embedding: an array of two dimensions holds one for each time step. */
    INDICES,
    /** A column for each class, where exactly one is 1. */
    ONE_HOT
  }

  /**
   * What is wanted of one array.
   *
   * @param column the column that is made of it
   * @param name what it is, for messages
   * @param axis where time steps stand
   * @param undecided why that is not known; empty if it is
   * @param content what its values may be
   * @param units columns of an output; 0 where that is not known
   */
  record ArrayDemand(
      String column, String name, StepAxis axis, String undecided, Content content, long units)
      implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** All arrays, inputs first. */
  List<ArrayDemand> arrays() {
    List<ArrayDemand> all = new ArrayList<>(inputs);
    all.addAll(outputs);
    return all;
  }

  /** What a model wants. */
  static NetworkDemand of(ModelSource model) {
    List<ArrayDemand> inputs = new ArrayList<>();
    ModelSignature signature = model.signature();
    boolean sole = signature.inputs().size() == 1;
    for (int i = 0; i < signature.inputs().size(); i++) {
      ModelSignature.Input input = signature.inputs().get(i);
      Content content = model.indexInputs().get(i).isPresent() ? Content.INDICES : Content.VALUES;
      inputs.add(
          new ArrayDemand(
              sole ? "features" : "features" + i,
              sole ? "features" : "features of input " + input.name(),
              axis(input.steps()),
              why(input.steps()),
              content,
              0));
    }
    List<ArrayDemand> outputs = new ArrayList<>();
    boolean soleOutput = signature.outputs().size() == 1;
    for (int i = 0; i < signature.outputs().size(); i++) {
      ModelSignature.Output output = signature.outputs().get(i);
      Content content =
          output.labels() == ModelSignature.Labels.ONE_HOT ? Content.ONE_HOT : Content.VALUES;
      outputs.add(
          new ArrayDemand(
              soleOutput ? "labels" : "labels" + i,
              soleOutput ? "labels" : "labels of output " + output.name(),
              axis(output.steps()),
              why(output.steps()),
              content,
              output.units()));
    }
    return new NetworkDemand(
        inputs,
        outputs,
        model.bytesPerValue() == Double.BYTES ? Precision.DOUBLE : Precision.SINGLE);
  }

  private static StepAxis axis(ModelSignature.Steps steps) {
    if (steps instanceof ModelSignature.Steps.First) {
      return StepAxis.FIRST;
    }
    return steps instanceof ModelSignature.Steps.Last ? StepAxis.LAST : StepAxis.UNDECIDED;
  }

  private static String why(ModelSignature.Steps steps) {
    return steps instanceof ModelSignature.Steps.Undecided undecided ? undecided.why() : "";
  }
}
