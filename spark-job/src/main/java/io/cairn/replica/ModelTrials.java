/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Tries of a model on a few examples, on this machine: whether it takes the data, what that takes,
 * and whether it computes what it should.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: one thread.
 */
public final class ModelTrials {

  private final String name;
  private final Network network;
  private final ModelSignature signature;

  /**
   * @param name the model's, for errors
   */
  ModelTrials(String name, Network network) {
    this.name = name;
    this.network = network;
    this.signature = network.signature();
  }

  /**
   * A row for each layer, found out by a forward pass.
   *
   * @param sample of the data's shapes and types, any values; borrowed until return
   */
  public List<LayerRow> layers(MultiDataSet sample) {
    List<LayerRow> rows = network.kind().layers(sample);
    network.forgetPasses();
    OffHeapMemory.freeClosedWorkspaces();
    return rows;
  }

  /**
   * Tries one forward and backward pass, so that a model that doesn't take the data is refused
   * before a GPU is claimed.
   *
   * @param sample a few examples of the run's shapes and types, any values; borrowed until return
   * @param dataShape how to describe the data in the error
   */
  public void check(MultiDataSet sample, String dataShape) {
    if (TrainedPart.of(network.ranges()).length() == 0) {
      throw new ModelException(
          name + ": every layer that has parameters is frozen, so that nothing is left to train");
    }
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

  /**
   * Tries one forward pass, so that a model that doesn't take the data is refused before it costs
   * anything.
   *
   * @param sample examples of the data's shapes and types, any values; borrowed until return
   * @param dataShape how to describe the data in the error
   * @return the shape of each output for one example
   */
  public List<long[]> outputShapes(MultiDataSet sample, String dataShape) {
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

  /** The same as {@link #passBytes} of a forward pass alone. */
  public long outputBytes(MultiDataSet sample) {
    OffHeapMemory.freeClosedWorkspaces();
    network.output(sample);
    long bytes = network.heldBytes();
    network.forgetPasses();
    OffHeapMemory.freeClosedWorkspaces();
    return bytes;
  }

  /**
   * Bytes outside the heap that a forward and backward pass takes besides parameters and gradients:
   * activations, their gradients and working memory, as DL4J's own workspaces count them. What
   * native libraries take for themselves is not in it.
   *
   * @param sample of the run's shapes and types, any values; borrowed until return
   */
  public long passBytes(MultiDataSet sample) {
    OffHeapMemory.freeWorkspaces();
    network.backpropagate(sample);
    long bytes = network.heldBytes();
    network.forgetPasses();
    OffHeapMemory.freeWorkspaces();
    return bytes;
  }

  /**
   * Tries the model's gradients on a few real examples.
   *
   * @param examples at least 1; borrowed until return
   * @param nanoTime what time it is
   */
  public SelfCheckReport selfCheck(
      MultiDataSet examples, SelfCheck.Allowance allowance, LongSupplier nanoTime) {
    long start = nanoTime.getAsLong();
    SelfCheckResult result = new SelfCheck(network, examples, allowance, nanoTime).run();
    network.forgetPasses();
    OffHeapMemory.freeWorkspaces();
    OffHeapMemory.collectGarbage();
    return new SelfCheckReport(
        List.of(result),
        network.ranges().stream().map(ParameterRange::place).toList(),
        (nanoTime.getAsLong() - start) / 1e9);
  }

  /**
   * The first layer, in the order of computing, whose result for an example depends on the other
   * examples of its batch. One that is known to is returned only if no other does.
   *
   * @param examples real ones, at least 2; borrowed until return
   * @param known layers that do so in training by their nature, such as batch normalization
   */
  public Optional<String> firstLayerOfWholeBatches(MultiDataSet examples, List<String> known) {
    Network copy = network.quietCopies().in(network.parameters().dataType());
    try {
      Optional<String> first = BatchDependence.first(copy, examples, Network.Phase.TRAINING);
      return first.isPresent() && known.contains(first.get())
          ? BatchDependence.first(copy, examples, Network.Phase.INFERENCE).or(() -> first)
          : first;
    } finally {
      copy.release();
    }
  }

  private static String perExample(long[] shape) {
    return "shape " + Arrays.toString(Arrays.copyOfRange(shape, 1, shape.length));
  }
}
