/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.modelimport.keras.exceptions.InvalidKerasConfigurationException;
import org.deeplearning4j.nn.modelimport.keras.exceptions.UnsupportedKerasConfigurationException;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The model a run starts from, on the driver: a DL4J configuration (JSON), a DL4J archive to go on
 * from, or a Keras .h5. Which one it is shows in its first bytes, not in its name.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} with one sentence for the operator.
 */
public final class ModelSource {

  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F'};

  private final String name;
  private final Network network;
  private final ModelSignature signature;
  private final ArchiveExtras extras;

  private ModelSource(String name, Network network, ArchiveExtras extras) {
    this.name = name;
    this.network = network;
    this.extras = extras;
    this.signature = ModelSignature.of(network);
  }

  /**
   * Reads a model.
   *
   * @param name what to call it in errors, usually its path
   * @param content the file's bytes
   * @param seed what initial parameters are drawn from, if the file has none
   */
  public static ModelSource read(String name, byte[] content, long seed) {
    Network network;
    if (startsWith(content, ZIP)) {
      ModelArchive.Content read = ModelArchive.read(name, content);
      return new ModelSource(name, read.network(), read.extras());
    } else if (startsWith(content, HDF5)) {
      network = keras(name, content);
    } else {
      ModelConfiguration configuration =
          ModelConfiguration.parse(name, new String(content, StandardCharsets.UTF_8));
      configuration.seed(seed);
      network = initialised(name, configuration);
    }
    return new ModelSource(name, network, ArchiveExtras.none());
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

  private static Network keras(String name, byte[] content) {
    Path file = null;
    try {
      file = Files.createTempFile("cairn-keras", ".h5");
      Files.write(file, content);
      Model model = kerasModel(file);
      if (model instanceof MultiLayerNetwork net
          && !(net.getOutputLayer() instanceof IOutputLayer)) {
        throw new ModelException(
            name + " has no loss to train with; compile the model in Keras before saving it");
      }
      return network(name, model);
    } catch (ModelException e) {
      throw e;
    } catch (IOException
        | InvalidKerasConfigurationException
        | UnsupportedKerasConfigurationException
        | RuntimeException e) {
      throw new ModelException(
          name + " is not a Keras model DL4J can import: " + ModelConfiguration.firstLine(e), e);
    } finally {
      delete(file);
    }
  }

  private static void delete(Path file) {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        file.toFile().deleteOnExit();
      }
    }
  }

  /** With the loss of its training configuration, if it was compiled. */
  private static Model kerasModel(Path file)
      throws IOException,
          InvalidKerasConfigurationException,
          UnsupportedKerasConfigurationException {
    try {
      return KerasModelImport.importKerasSequentialModelAndWeights(file.toString(), true);
    } catch (InvalidKerasConfigurationException notSequential) {
      return KerasModelImport.importKerasModelAndWeights(file.toString(), true);
    }
  }

  private static Network network(String name, Model model) {
    ModelConfiguration configuration;
    if (model instanceof MultiLayerNetwork net) {
      configuration = ModelConfiguration.parse(name, net.getLayerWiseConfigurations().toJson());
    } else {
      configuration =
          ModelConfiguration.parse(name, ((ComputationGraph) model).getConfiguration().toJson());
    }
    return configuration.network(model.params(), null);
  }

  /** What the model wants to be handed. */
  public ModelSignature signature() {
    return signature;
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

  /** Names of the classes that come with the model, by the name of the output. */
  public Map<String, List<String>> classNames() {
    return extras.classNames();
  }

  /** Whether the archive holds a scaling of inputs ({@code normalizer.bin}). */
  public boolean hasNormalizer() {
    return extras.normalizer().isPresent();
  }

  /**
   * The scaling of inputs that comes with the model.
   *
   * @throws ModelException if it is damaged, or cannot be applied
   */
  public Optional<StoredNormalizer> normalizer() {
    return extras.normalizer().map(content -> StoredNormalizer.read(name, content));
  }

  /** The model as every worker reads it, with all that came with it. */
  public byte[] archive() {
    return archive(extras.classNames());
  }

  /**
   * The same with other names of classes.
   *
   * @param classNames by the name of the output
   */
  public byte[] archive(Map<String, List<String>> classNames) {
    try {
      return ModelArchive.bytes(network, new ArchiveExtras(extras.normalizer(), classNames));
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
  }
}
