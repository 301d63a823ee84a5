/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.replica.onnx.OnnxHead;
import io.cairn.replica.samediff.GraphFreezing;
import io.cairn.replica.samediff.GraphGroups;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphNotes;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.replica.transfer.FineTuning;
import io.cairn.replica.updater.PlainModel;
import io.cairn.replica.updater.UpdaterReplacement;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.LayerSettings;
import io.cairn.settings.UpdaterSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

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

  /** A graph that a run has left gets another output. */
  ModelSource withNewOutput(SameDiffNetwork graph, GraphWishes wishes) {
    List<GraphParameter> before = graph.model().trained();
    GraphModel model = graph.model().withNewOutput(wishes);
    if (model.origin().onnx().isPresent()) {
      model = model.into(OnnxHead.put(name, model.origin().onnx().get(), model));
    }
    Map<String, List<String>> names = new HashMap<>(extras.classNames());
    names
        .keySet()
        .removeAll(signature.outputs().stream().map(ModelSignature.Output::name).toList());
    List<String> all = new ArrayList<>(notes);
    all.addAll(model.origin().notes());
    return new ModelSource(
        name,
        graph.goingOnAs(model, before),
        new ArchiveExtras(extras.normalizer(), names),
        origin,
        clipGlobalNorm,
        all);
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
    if (network instanceof SameDiffNetwork graph) {
      return withUpdater(graph, updater, plan);
    }
    Dl4jNetwork own = dl4j("train.updater");
    ModelConfiguration changed = ModelConfiguration.parse(name, own.configurationJson());
    List<String> all = new ArrayList<>(notes);
    all.remove(DescribedModel.DEFAULT_UPDATER);
    all.addAll(new UpdaterReplacement(updater, plan).applyTo(changed, name));
    Network next = changed.network(own.parameters(), null);
    own.release();
    return new ModelSource(name, next, extras, origin, clipGlobalNorm, all);
  }

  private ModelSource withUpdater(SameDiffNetwork graph, UpdaterSettings updater, StagedPlan plan) {
    GraphGroups.Chosen chosen = GraphGroups.choose(updater, plan, name, graph.model());
    List<String> all = new ArrayList<>(notes);
    all.remove(GraphModel.NO_OPTIMIZER);
    all.add("train.updater: " + chosen.note() + " in place of the graph's optimizer");
    Network next = graph.with(chosen.groups());
    return new ModelSource(name, next, extras, origin, clipGlobalNorm, all);
  }

  /**
   * The same model with frozen layers, another output, and whatever else is changed. This one is of
   * no use any more.
   *
   * @param seed what new parameters are drawn from
   */
  public ModelSource fineTuned(FineTuneSettings settings, long seed) {
    requireTrained(settings);
    if (network instanceof SameDiffNetwork graph) {
      return fineTuned(graph, settings);
    }
    Dl4jNetwork own = dl4j("model.fine-tune");
    ModelConfiguration changed = ModelConfiguration.parse(name, own.configurationJson());
    FineTuning tuning = new FineTuning(settings, name);
    tuning.applyTo(changed);
    changed.seed(seed);
    // Once more through JSON: what is shared in a configuration would be shared in the network.
    Dl4jNetwork next =
        ModelReader.initialised(name, ModelConfiguration.parse(name, changed.json()));
    TakenOver taken = new TakenOver(own, next, tuning.redrawn());
    if (origin != Origin.FILE_WITH_STATE) {
      taken.start();
    }
    taken.copy(settings.updater());
    own.release();
    List<String> all = new ArrayList<>(notes);
    all.addAll(tuning.notes());
    frozenNote(next).ifPresent(all::add);
    Map<String, List<String>> names = new HashMap<>(extras.classNames());
    names.keySet().removeAll(tuning.redrawn());
    return new ModelSource(
        name, next, new ArchiveExtras(extras.normalizer(), names), origin, clipGlobalNorm, all);
  }

  private ModelSource fineTuned(SameDiffNetwork graph, FineTuneSettings settings) {
    if (!settings.add().isEmpty()) {
      throw new ModelException(
          "model.fine-tune.add: %s is a graph, and what is added are layers of Deeplearning4j"
              .formatted(name));
    }
    Set<String> wanted = new GraphFreezing(graph.model(), name).wanted(settings);
    Network next = graph.frozen(wanted, settings.updater());
    return new ModelSource(name, next, extras, origin, clipGlobalNorm, notes);
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

  private static Optional<String> frozenNote(Network network) {
    List<String> frozen = ParameterRange.layers(network.ranges(), ParameterRange.RangeKind.FROZEN);
    if (frozen.isEmpty()) {
      return Optional.empty();
    }
    long all = network.parameters().length();
    return Optional.of(
        "%,d of %,d parameters are frozen (%s): they stay as they are, and take no part in sums between workers"
            .formatted(
                all - TrainedPart.of(network.ranges()).length(),
                all,
                frozen.size() > 4
                    ? frozen.get(0) + " to " + frozen.get(frozen.size() - 1)
                    : String.join(", ", frozen)));
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
    if (network instanceof Dl4jNetwork own) {
      PlainModel.runLasts(own.configuration(), updates, epochs);
    } else if (network instanceof SameDiffNetwork graph) {
      graph.groups().ifPresent(groups -> groups.runLasts(updates, epochs));
    }
  }

  private Dl4jNetwork dl4j(String setting) {
    if (network instanceof Dl4jNetwork own) {
      return own;
    }
    throw new ModelException(setting + " is for models of Deeplearning4j and Keras, not " + name);
  }

  /**
   * What plain Deeplearning4j would do otherwise than this run if it went on from the trained
   * model's file, a sentence; empty if nothing.
   */
  public Optional<String> unsaidInFile() {
    if (network instanceof SameDiffNetwork graph) {
      List<String> differences = graph.unsaidInFile();
      return differences.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "plain SameDiff can use the graph in model.zip, but not go on as here: "
                  + String.join("; ", differences));
    }
    List<String> unsaid =
        network instanceof Dl4jNetwork own
            ? PlainModel.differences(own.configuration())
            : List.of();
    return unsaid.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "plain Deeplearning4j can use model.zip, but not go on as here: "
                + String.join("; ", unsaid));
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
    if (network instanceof SameDiffNetwork graph) {
      List<String> all = new ArrayList<>(GraphNotes.of(graph.model()));
      all.addAll(notes);
      return all;
    }
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
    return new ModelSource(name, copy, extras, origin, clipGlobalNorm, notes);
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

  /** Updates so far, as the model counts them. */
  public long iteration() {
    return network.iteration();
  }

  /** Epochs so far, as the model counts them. */
  public long epoch() {
    return network.epoch();
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
    OffHeapMemory.collectGarbage();
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
    if (gradientCount() == 0) {
      throw new ModelException(
          name + ": every layer that has parameters is frozen, so that nothing is left to train");
    }
    trial().check(sample, dataShape);
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
    return trial().outputShapes(sample, dataShape);
  }

  /** The same as {@link #passBytes} of a forward pass alone. */
  public long outputBytes(MultiDataSet sample) {
    return trial().outputBytes(sample);
  }

  /**
   * Bytes outside the heap that a forward and backward pass takes besides parameters and gradients:
   * activations, their gradients and working memory, as DL4J's own workspaces count them. What
   * native libraries take for themselves is not in it.
   *
   * @param sample of the run's shapes and types, any values; borrowed until return
   */
  public long passBytes(MultiDataSet sample) {
    return trial().passBytes(sample);
  }

  private ModelTrial trial() {
    return new ModelTrial(name, network, signature);
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
