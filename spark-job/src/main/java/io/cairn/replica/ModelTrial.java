/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Passes over a few examples of the data's shapes, with any values: whether a model takes the data,
 * and what that takes. {@link ModelSource} describes what each returns.
 *
 * <p>Threading: one thread.
 *
 * @param name the model's, for errors
 * @param network borrowed
 * @param signature what it wants to be handed
 */
record ModelTrial(String name, Network network, ModelSignature signature) {

  void check(MultiDataSet sample, String dataShape) {
    String story = name + " does not fit the data (" + dataShape + "): ";
    INDArray[] outputs;
    try {
      outputs = network.output(sample);
    } catch (RuntimeException e) {
      throw new ModelException(story + ModelConfiguration.firstLine(e), e);
    }
    if (outputs.length != sample.getLabels().length) {
      throw new ModelException(
          story
              + "the model has "
              + outputs.length
              + " outputs, the settings name "
              + sample.getLabels().length);
    }
    for (int i = 0; i < outputs.length; i++) {
      long[] labels = sample.getLabels(i).shape();
      if (!Arrays.equals(labels(i, outputs[i].shape(), labels), labels)) {
        throw new ModelException(
            story
                + "output "
                + i
                + " has "
                + perExample(outputs[i].shape())
                + " an example, the labels have "
                + perExample(labels)
                + advice(i, labels));
      }
    }
    try {
      network.backpropagate(sample);
    } catch (RuntimeException e) {
      throw new ModelException(story + ModelConfiguration.firstLine(e), e);
    }
  }

  /** The shape that labels of an output have; their own where only the loss knows. */
  private long[] labels(int output, long[] shape, long[] given) {
    return switch (signature.outputs().get(output).labels()) {
      case BY_LOSS_ALONE -> given;
      case ONE_HOT, BINARY, VALUES -> shape;
      case CLASS_INDEX -> {
        long[] one = shape.clone();
        boolean stepsFirst =
            signature.outputs().get(output).steps() instanceof ModelSignature.Steps.First;
        one[shape.length == 3 && stepsFirst ? 2 : 1] = 1;
        yield one;
      }
    };
  }

  private String advice(int output, long[] labels) {
    ModelSignature.Output at = signature.outputs().get(output);
    return at.labels() == ModelSignature.Labels.CLASS_INDEX && labels[labels.length - 1] != 1
        ? "; its loss ("
            + at.loss()
            + ") takes the index of a class: one column, with classes given"
        : "";
  }

  List<long[]> outputShapes(MultiDataSet sample, String dataShape) {
    try {
      return Arrays.stream(network.output(sample))
          .map(output -> Arrays.copyOfRange(output.shape(), 1, output.rank()))
          .toList();
    } catch (RuntimeException e) {
      throw new ModelException(
          name + " does not fit the data (" + dataShape + "): " + ModelConfiguration.firstLine(e),
          e);
    } finally {
      network.forgetPasses();
    }
  }

  long outputBytes(MultiDataSet sample) {
    OffHeapMemory.freeClosedWorkspaces();
    network.output(sample);
    long bytes = network.heldBytes();
    network.forgetPasses();
    OffHeapMemory.freeClosedWorkspaces();
    return bytes;
  }

  long passBytes(MultiDataSet sample) {
    OffHeapMemory.freeWorkspaces();
    network.backpropagate(sample);
    long bytes = network.heldBytes();
    network.forgetPasses();
    OffHeapMemory.freeWorkspaces();
    return bytes;
  }

  private static String perExample(long[] shape) {
    return "shape " + Arrays.toString(Arrays.copyOfRange(shape, 1, shape.length));
  }
}
