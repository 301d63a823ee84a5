/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.keras.KerasModel;
import io.cairn.replica.keras.KerasReader;
import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.replica.layers.DescriptionException;
import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.samediff.GraphFile;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.LayerSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * The model that a run starts from, read on the driver: a DL4J configuration (JSON), a DL4J archive
 * to go on from, or a Keras model (.h5, .keras). Which one a file is, is decided by its first bytes
 * and not by its name.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} with one sentence for the operator.
 */
public final class ModelSource {

  private static final String DESCRIBED = "model.layers";
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  private final String name;
  private final Network network;
  private final ModelSignature signature;
  private final ArchiveExtras extras;
  private final Origin origin;
  private final OptionalDouble clipGlobalNorm;
  private final List<String> notes;
  private final Optional<String> built;

  private ModelSource(
      String name,
      Network network,
      ArchiveExtras extras,
      Origin origin,
      OptionalDouble clipGlobalNorm,
      List<String> notes) {
    this(name, network, extras, origin, clipGlobalNorm, notes, Optional.empty());
  }

  private ModelSource(
      String name,
      Network network,
      ArchiveExtras extras,
      Origin origin,
      OptionalDouble clipGlobalNorm,
      List<String> notes,
      Optional<String> built) {
    this.built = built;
    this.name = name;
    this.origin = origin;
    this.network = network;
    this.extras = extras;
    this.signature = network.signature();
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
    return read(name, content, seed, GraphWishes.NONE);
  }

  /**
   * The same of a file that may be a graph.
   *
   * @param wishes what a graph does not say itself
   * @throws ModelException if it says more than that, or nothing takes the wishes
   */
  public static ModelSource read(String name, byte[] content, long seed, GraphWishes wishes) {
    HeadStart.awaitEnd();
    if (OnnxReader.isOnnx(content)) {
      return graph(name, OnnxReader.read(name, content, wishes));
    }
    if (!startsWith(content, ZIP) && GraphFile.isOne(content)) {
      return graph(name, GraphModel.read(name, content, wishes));
    }
    ModelSource read = readLayers(name, content, seed);
    if (read.network instanceof SameDiffNetwork graph) {
      graph
          .model()
          .roles()
          .contradiction(wishes.settings())
          .ifPresent(
              why -> {
                throw new ModelException(name + ": " + why);
              });
    } else if (wishes.settings().isGiven()) {
      throw new ModelException(
          name
              + " says itself what its outputs and losses are; model.output, model.loss and"
              + " model.normalise-by are for SameDiff graphs and ONNX models that do not");
    }
    return read;
  }

  private static ModelSource graph(String name, GraphModel model) {
    List<String> notes = new ArrayList<>(model.origin().notes());
    if (!model.untrained().isEmpty()) {
      notes.add(
          "the loss does not depend on these variables, which stay as they are: "
              + String.join(", ", model.untrained()));
    }
    return new ModelSource(
        name,
        new SameDiffNetwork(model),
        ArchiveExtras.none(),
        Origin.FILE,
        OptionalDouble.empty(),
        notes);
  }

  private static ModelSource readLayers(String name, byte[] content, long seed) {
    if (KerasReader.isKeras(content)) {
      KerasModel keras = KerasReader.read(name, content);
      keras.configuration().seed(seed);
      Dl4jNetwork network = keras.configuration().network(keras.parameters(), null);
      network.startUpdater(keras.updaterStart());
      return new ModelSource(
          name,
          network,
          ArchiveExtras.none(),
          keras.parameters() == null ? Origin.DRAWN : Origin.FILE,
          keras.clipGlobalNorm(),
          keras.notes());
    }
    if (startsWith(content, ZIP)) {
      return readArchive(name, () -> new ByteArrayInputStream(content));
    }
    ModelConfiguration configuration =
        ModelConfiguration.parse(name, new String(content, StandardCharsets.UTF_8));
    configuration.seed(seed);
    return new ModelSource(
        name,
        initialised(name, configuration),
        ArchiveExtras.none(),
        Origin.DRAWN,
        OptionalDouble.empty(),
        List.of());
  }

  /**
   * Makes the model that the settings describe.
   *
   * @param data what it is given and is to tell
   * @param seed what initial parameters are drawn from
   * @throws ModelException with everything that does not fit
   */
  public static ModelSource described(LayerSettings settings, DataShape data, long seed) {
    HeadStart.awaitEnd();
    DescribedModel model = DescribedModel.of(settings);
    String json;
    try {
      json = model.json(data, seed);
    } catch (DescriptionException e) {
      throw new ModelException(e.getMessage(), e);
    }
    ModelConfiguration configuration = ModelConfiguration.parse(DESCRIBED, json);
    configuration.seed(seed);
    return new ModelSource(
        DESCRIBED,
        initialised(DESCRIBED, configuration),
        ArchiveExtras.none(),
        Origin.DRAWN,
        OptionalDouble.empty(),
        model.notes(),
        Optional.of(json));
  }

  /**
   * Reads a DL4J archive of any length.
   *
   * @param name what to call it in errors, usually its path
   * @param archive read twice
   */
  public static ModelSource readArchive(String name, ArchiveSource archive) {
    HeadStart.awaitEnd();
    ModelArchive.ArchiveContent read = ModelArchive.read(name, archive);
    return new ModelSource(
        name, read.network(), read.extras(), Origin.FILE, OptionalDouble.empty(), List.of());
  }

  /** Where the parameters come from. */
  private enum Origin {
    /** From the file. */
    FILE,
    /** They were drawn from a seed. */
    DRAWN
  }

  /** Whether the parameters come from the file, and not from a seed. */
  public boolean isTrained() {
    return origin == Origin.FILE;
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

  /**
   * Deeplearning4j's configuration of it as JSON, as a builder makes it where the settings describe
   * the model; empty for a network of another kind.
   */
  public Optional<String> configurationJson() {
    if (built.isPresent()) {
      return built;
    }
    return network instanceof Dl4jNetwork net
        ? Optional.of(net.configurationJson())
        : Optional.empty();
  }

  /**
   * A row for each layer, found out by a forward pass.
   *
   * @param sample of the data's shapes and types, any values; borrowed until return
   */
  public List<LayerRow> layers(MultiDataSet sample) {
    List<LayerRow> rows =
        network instanceof Dl4jNetwork net ? LayerRows.of(net, sample) : List.of();
    network.forgetPasses();
    OffHeapMemory.freeClosedWorkspaces();
    return rows;
  }

  /** Sentences about the model that the user should know before anything costs. */
  public List<String> notes() {
    return notes;
  }

  /** Largest norm of the mean gradient over all parameters that the model itself asks for. */
  public OptionalDouble clipGlobalNorm() {
    return clipGlobalNorm;
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

  /**
   * How many indices each input may hold, in the model's order: those of an embedding, which are
   * whole numbers from 0 on. Empty of an input that holds values.
   */
  public List<OptionalLong> indexInputs() {
    return network.indexInputs();
  }

  /**
   * The value at which a step of each input is masked, in the model's order; empty of an input that
   * has no such steps.
   */
  public List<OptionalDouble> maskedInputs() {
    return network.maskedInputs();
  }

  /**
   * Layers that Deeplearning4j 1.0.0-M2.1 hands a mask in another order than their examples, so
   * that what they compute of sequences of different lengths depends on the micro-batch.
   */
  public List<String> layersWrongWithMasks() {
    return network.layersWrongWithMasks();
  }

  /** Layers with running statistics, whose batch statistics stay those of a micro-batch. */
  public List<String> layersWithStatistics() {
    return ParameterRange.layers(network.ranges(), ParameterRange.RangeKind.BATCH_STATISTIC);
  }

  /** Layers with a centre loss, whose centres move by a mean over each micro-batch. */
  public List<String> layersWithCentres() {
    return ParameterRange.layers(network.ranges(), ParameterRange.RangeKind.CENTRE);
  }

  /**
   * Tries the model's gradients on a few real examples, on this machine.
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
    return new SelfCheckReport(
        List.of(result),
        network.ranges().stream().map(ParameterRange::place).toList(),
        (nanoTime.getAsLong() - start) / 1e9);
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

  /**
   * The model as every worker reads it, with all that came with it.
   *
   * @throws ModelException if that is longer than an array can be
   */
  public byte[] archive() {
    return archive(extras.classNames()).whole(name);
  }

  /**
   * What scores with this model needs of it: no updater's state, and always the same bytes.
   *
   * @throws ModelException if that, with such a state, is longer than an array can be
   */
  public byte[] scoringArchive() {
    try {
      if (network instanceof SameDiffNetwork graph) {
        return ModelArchive.graphForScoring(graph, extras).whole(name);
      }
      return ModelArchive.forScoring(archive());
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
  }

  /**
   * How many values each input has, or each of its time steps, in the model's order; empty where
   * the layer that it goes into does not say so by itself.
   */
  public List<OptionalLong> inputWidths() {
    return network.inputWidths();
  }

  /**
   * The model as every worker reads it, with other names of classes.
   *
   * @param classNames by the name of the output
   */
  public ArchiveBytes archive(Map<String, List<String>> classNames) {
    try {
      return ModelArchive.bytes(network, new ArchiveExtras(extras.normalizer(), classNames));
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory failed", e);
    }
  }
}
