/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.keras.KerasModel;
import io.cairn.replica.keras.KerasReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The model a run starts from, on the driver: a DL4J configuration (JSON), a DL4J archive to go on
 * from, or a Keras model (.h5, .keras). Which one it is shows in its first bytes, not in its name.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} with one sentence for the operator.
 */
public final class ModelSource {

  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final String name;
  private final Network network;
  private final OptionalDouble clipGlobalNorm;
  private final List<String> notes;

  private ModelSource(
      String name, Network network, OptionalDouble clipGlobalNorm, List<String> notes) {
    this.name = name;
    this.network = network;
    this.clipGlobalNorm = clipGlobalNorm;
    this.notes = notes;
  }

  /**
   * Reads a model.
   *
   * @param name what to call it in errors, usually its path
   * @param content the file's bytes
   * @param seed what initial parameters are drawn from, if the file has none
   */
  public static ModelSource read(String name, byte[] content, long seed) {
    if (KerasReader.isKeras(content)) {
      KerasModel keras = KerasReader.read(name, content);
      keras.configuration().seed(seed);
      return new ModelSource(
          name,
          keras.configuration().network(keras.parameters(), null),
          keras.clipGlobalNorm(),
          keras.notes());
    }
    Network network;
    if (startsWith(content, ZIP)) {
      network = ModelArchive.read(name, content);
    } else {
      ModelConfiguration configuration =
          ModelConfiguration.parse(name, new String(content, StandardCharsets.UTF_8));
      configuration.seed(seed);
      network = initialised(name, configuration);
    }
    return new ModelSource(name, network, OptionalDouble.empty(), List.of());
  }

  private static boolean startsWith(byte[] content, byte[] magic) {
    return content.length >= magic.length
        && Arrays.equals(content, 0, magic.length, magic, 0, magic.length);
  }

  private static Network initialised(String name, ModelConfiguration configuration) {
    try {
      return configuration.network(null, null);
    } catch (RuntimeException e) {
      throw new ModelException(
          name + " is a configuration DL4J cannot build: " + ModelConfiguration.firstLine(e), e);
    }
  }

  /** Sentences about the model that the user should know before anything costs. */
  public List<String> notes() {
    return notes;
  }

  /** Largest norm of the mean gradient over all parameters that the model itself asks for. */
  public OptionalDouble clipGlobalNorm() {
    return clipGlobalNorm;
  }

  /** Number of parameters. */
  public long parameterCount() {
    return network.parameters().length();
  }

  /** Number of values the updater keeps between updates. */
  public long updaterStateCount() {
    INDArray state = network.updaterState();
    return state == null ? 0 : state.length();
  }

  /** Bytes of one value: 4 (float32) or 8 (float64). */
  public int bytesPerValue() {
    return network.parameters().dataType().width();
  }

  /** Updates the model has had, as its schedules count them; 0 for a new one. */
  public int iteration() {
    return network.iteration();
  }

  /** Layers with running statistics, whose batch statistics stay those of a micro-batch. */
  public List<String> layersWithStatistics() {
    return ParameterRange.statisticLayers(network.ranges());
  }

  /**
   * Tries one forward and backward pass, so that a model that doesn't take the data is refused
   * before a GPU is claimed.
   *
   * @param sample a few examples of the run's shapes and types, any values; borrowed until return
   * @param dataShape how to describe the data in the error
   */
  public void check(MultiDataSet sample, String dataShape) {
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
      if (!Arrays.equals(outputs[i].shape(), labels)) {
        throw new ModelException(
            story
                + "output "
                + i
                + " has "
                + perExample(outputs[i].shape())
                + " an example, the labels have "
                + perExample(labels));
      }
    }
    try {
      network.backpropagate(sample);
    } catch (RuntimeException e) {
      throw new ModelException(story + ModelConfiguration.firstLine(e), e);
    }
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
    long bytes = OffHeapMemory.workspaceBytes();
    network.forgetPasses();
    OffHeapMemory.freeWorkspaces();
    return bytes;
  }

  private static String perExample(long[] shape) {
    return "shape " + Arrays.toString(Arrays.copyOfRange(shape, 1, shape.length));
  }

  /** The model as every worker reads it: DL4J's archive with parameters and updater state. */
  public byte[] archive() {
    try {
      return ModelArchive.bytes(network);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
  }
}
