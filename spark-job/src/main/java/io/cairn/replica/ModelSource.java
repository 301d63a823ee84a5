/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.layers.DataShape;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.LayerSettings;
import io.cairn.settings.UpdaterSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The model that a run starts from, read on the driver: a DL4J configuration (JSON), a DL4J archive
 * to go on from, a Keras model (.h5, .keras), a SameDiff graph or an ONNX model; {@link
 * ModelReader} makes it of each.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} with one sentence for the operator.
 */
public final class ModelSource {

  private final String name;
  private final Network network;
  private final ModelSignature signature;
  private final ArchiveExtras extras;
  private final Origin origin;
  private final OptionalDouble clipGlobalNorm;
  private final List<String> notes;
  private final Optional<String> built;

  ModelSource(
      String name,
      Network network,
      ArchiveExtras extras,
      Origin origin,
      OptionalDouble clipGlobalNorm,
      List<String> notes) {
    this(name, network, extras, origin, clipGlobalNorm, notes, Optional.empty());
  }

  ModelSource(
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
    return ModelReader.read(name, content, seed, wishes);
  }

  /** Whether a file is a SameDiff graph or an ONNX model, neither of which says all by itself. */
  public static boolean isGraph(byte[] content) {
    return ModelReader.isGraph(content);
  }

  /**
   * Makes the model that the settings describe.
   *
   * @param data what it is given and is to tell
   * @param seed what initial parameters are drawn from
   * @throws ModelException with everything that does not fit
   */
  public static ModelSource described(LayerSettings settings, DataShape data, long seed) {
    return ModelReader.described(settings, data, seed);
  }

  /**
   * Reads a DL4J archive of any length.
   *
   * @param name what to call it in errors, usually its path
   * @param archive read twice
   */
  public static ModelSource readArchive(String name, ArchiveSource archive) {
    return ModelReader.readArchive(name, archive);
  }

  /**
   * The same model with another optimizer, which begins at update 0. This one is of no use any
   * more.
   *
   * @param plan the examples of an update in each epoch, which learning rates may follow from
   */
  public ModelSource withUpdater(UpdaterSettings updater, StagedPlan plan) {
    return network.kind().withUpdater(this, updater, plan);
  }

  /**
   * The same model with frozen layers, another output, and whatever else is changed. This one is of
   * no use any more.
   *
   * @param seed what new parameters are drawn from
   */
  public ModelSource fineTuned(FineTuneSettings settings, long seed) {
    requireTrained(settings);
    return network.kind().fineTuned(this, settings, seed);
  }

  private void requireTrained(FineTuneSettings settings) {
    if (origin == Origin.DRAWN) {
      throw new ModelException(
          "model.fine-tune: %s is a configuration without parameters; a trained model can be tuned"
              .formatted(name));
    }
    if (settings.updater() == FineTuneSettings.UpdaterState.ARCHIVE
        && origin != Origin.FILE_WITH_STATE) {
      throw new ModelException(
          "model.fine-tune.updater = archive: %s holds no state of an updater; fresh starts one"
              .formatted(name));
    }
  }

  /** Number of values that workers exchange in an update: the parameters, but for frozen ones. */
  public long gradientCount() {
    return TrainedPart.of(network.ranges()).length();
  }

  /**
   * Says how long the run is, for learning rates that fall until its end. To be called before
   * {@link #archive()}.
   */
  public void runLasts(long updates, long epochs) {
    network.kind().runLasts(updates, epochs);
  }

  /**
   * What plain Deeplearning4j would do otherwise than this run if it went on from the trained
   * model's file, a sentence; empty if nothing.
   */
  public Optional<String> unsaidInFile() {
    return network.kind().unsaidInFile();
  }

  /** The same with another network in its place, of which this is said. */
  ModelSource with(Network next, List<String> said) {
    return new ModelSource(name, next, extras, origin, clipGlobalNorm, said);
  }

  /** The same without the names of classes of some outputs. */
  ModelSource withoutClassNames(Collection<String> outputs) {
    Map<String, List<String>> names = new HashMap<>(extras.classNames());
    names.keySet().removeAll(outputs);
    ArchiveExtras left = new ArchiveExtras(extras.normalizer(), names);
    return new ModelSource(name, network, left, origin, clipGlobalNorm, notes);
  }

  /** What to call it in errors. */
  String name() {
    return name;
  }

  /** What is said of this model, besides what any of its kind says: a copy. */
  List<String> said() {
    return new ArrayList<>(notes);
  }

  Origin origin() {
    return origin;
  }

  /** Where the parameters come from. */
  enum Origin {
    /** From the file, and the updater's state too. */
    FILE_WITH_STATE,
    /** From the file. */
    FILE,
    /** They were drawn from a seed. */
    DRAWN
  }

  Network network() {
    return network;
  }

  /** Whether the parameters come from the file, and not from a seed. */
  public boolean isTrained() {
    return origin != Origin.DRAWN;
  }

  /**
   * Deeplearning4j's configuration of it as JSON, as a builder makes it where the settings describe
   * the model; empty for a network of another kind.
   */
  public Optional<String> configurationJson() {
    return built.or(network.kind()::configurationJson);
  }

  /** Sentences about the model that the user should know before anything costs. */
  public List<String> notes() {
    List<String> all = new ArrayList<>(network.kind().notes());
    all.addAll(notes);
    return all;
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

  /** Whether the model draws noise in training, such as dropout. */
  public boolean isNoisy() {
    return network.quietCopies().isNoisy();
  }

  /**
   * The model without the noise that it draws in training, with its updater's state.
   *
   * @param valueBytes in which number format: 4 (float32) or 8 (float64)
   */
  public ModelSource quiet(int valueBytes) {
    Network copy =
        network
            .quietCopies()
            .withUpdater(valueBytes == Double.BYTES ? DataType.DOUBLE : DataType.FLOAT);
    return with(copy, notes);
  }

  /** Tries of the model on a few examples. */
  public ModelTrials trials() {
    return new ModelTrials(name, network);
  }

  /** Updates so far, as the model counts them. */
  public long iteration() {
    return network.iteration();
  }

  /** Epochs so far, as the model counts them. */
  public long epoch() {
    return network.epoch();
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
   * @throws ModelException if that is longer than an array can be
   */
  public byte[] scoringArchive() {
    try {
      return ModelArchive.forScoring(network, extras).whole(name);
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
