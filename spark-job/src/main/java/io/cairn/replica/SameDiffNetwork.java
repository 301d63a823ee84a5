/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ParameterRange.RangeKind;
import io.cairn.replica.onnx.OnnxValues;
import io.cairn.replica.samediff.DirectionalCheck;
import io.cairn.replica.samediff.GraphFile;
import io.cairn.replica.samediff.GraphGroups;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.replica.samediff.GraphParameter.Use;
import io.cairn.replica.samediff.GraphPasses;
import io.cairn.replica.samediff.GraphRoles.Normaliser;
import io.cairn.replica.samediff.GraphUpdater;
import io.cairn.settings.FineTuneSettings.UpdaterState;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A SameDiff graph as the training step needs it. Its variables are views of one vector, and each
 * gradient is added to its place in another as soon as it exists.
 *
 * <p>Threading: as {@link Network}.
 */
final class SameDiffNetwork implements Network {

  private static final String NO_LAYER = "graph";

  /** What a pass leaves in the gradient. */
  private enum Gradient {
    /** What the graph computes. */
    COMPUTED,
    /** The same, made to agree with how the loss rises. */
    MEASURED
  }

  private final GraphModel model;
  private final INDArray values;
  private final INDArray gradient;
  private final GraphPasses passes;
  private final GraphUpdater updater;
  private final Gradient kind;
  private final boolean ownsValues;
  private int iteration;
  private int epoch;

  /**
   * @param model bound to its own values; ownership passes
   */
  SameDiffNetwork(GraphModel model) {
    this(model, model.values(), Gradient.COMPUTED, true, new GraphUpdater(model.training(), model));
    updater.adopt(model);
    iteration = model.training().iteration();
    epoch = model.training().epoch();
  }

  private SameDiffNetwork(
      GraphModel model, INDArray values, Gradient kind, boolean ownsValues, GraphUpdater updater) {
    this.model = model;
    this.values = values;
    this.kind = kind;
    this.ownsValues = ownsValues;
    this.updater = updater;
    this.gradient = Nd4j.zeros(model.type(), model.parameterCount());
    model.bind(values);
    this.passes = new GraphPasses(model, gradient);
  }

  /** The same with other optimizers, at update 0. This one is of no use any more. */
  SameDiffNetwork with(GraphGroups groups) {
    SameDiffNetwork next = new SameDiffNetwork(model.with(groups));
    release();
    return next;
  }

  /**
   * The same with some of its parameters frozen. This one is of no use any more.
   *
   * @param names of parameters
   */
  SameDiffNetwork frozen(Set<String> names, UpdaterState state) {
    List<GraphParameter> before = model.trained();
    GraphModel frozen = model.frozen(names);
    if (state == UpdaterState.ARCHIVE) {
      return goingOnAs(frozen, before);
    }
    SameDiffNetwork next = new SameDiffNetwork(frozen.fromUpdateZero());
    release();
    return next;
  }

  /** The same as another model of it goes on. This one is of no use any more. */
  SameDiffNetwork goingOnAs(GraphModel next, List<GraphParameter> before) {
    SameDiffNetwork network = new SameDiffNetwork(next);
    network.updater.goOnFrom(updater, before, next.trained());
    release();
    return network;
  }

  /** The optimizers that the settings name, if they do. */
  Optional<GraphGroups> groups() {
    return updater.groups();
  }

  /** What its file cannot say of how it is trained. */
  List<String> unsaidInFile() {
    List<String> unsaid = new ArrayList<>();
    groups().map(GraphGroups::differences).ifPresent(unsaid::addAll);
    if (!updater.file().holdsState(model)) {
      unsaid.add(
          "what the optimizer keeps is not in it, since SameDiff's files hold no more than 1 GiB; checkpoints have it, so the run itself can go on, and a run from model.zip begins with a fresh optimizer");
    }
    return unsaid;
  }

  /** The graph itself. */
  GraphModel model() {
    return model;
  }

  @Override
  public ModelSignature signature() {
    return SameDiffSignature.of(model.roles());
  }

  @Override
  public List<OptionalLong> indexInputs() {
    return model.indexInputs();
  }

  @Override
  public List<OptionalLong> inputWidths() {
    return Collections.nCopies(model.roles().inputs().size(), OptionalLong.empty());
  }

  @Override
  public List<OptionalDouble> maskedInputs() {
    return Collections.nCopies(model.roles().inputs().size(), OptionalDouble.empty());
  }

  @Override
  public List<String> layersWrongWithMasks() {
    return List.of();
  }

  @Override
  public INDArray parameters() {
    return values;
  }

  @Override
  public INDArray gradient() {
    return gradient;
  }

  @Override
  public List<INDArray> gradientStatistics() {
    return List.of();
  }

  @Override
  public INDArray updaterState() {
    return updater == null ? null : updater.state();
  }

  @Override
  public List<ParameterRange> ranges() {
    List<ParameterRange> ranges = new ArrayList<>();
    for (GraphParameter parameter : model.parameters()) {
      ranges.add(
          new ParameterRange(
              parameter.layer().isEmpty() ? NO_LAYER : parameter.layer(),
              parameter.nameInLayer(),
              parameter.offset(),
              parameter.length(),
              parameter.use() == Use.FROZEN ? RangeKind.FROZEN : RangeKind.GRADIENT));
    }
    return ranges;
  }

  @Override
  public List<UpdaterRange> updaterRanges() {
    return updaterState() == null
        ? List.of()
        : updater.ranges().stream()
            .map(it -> new UpdaterRange(it.from(), it.stateFrom(), it.length(), it.part()))
            .toList();
  }

  /** What its operators make that has a row for each example; the same in every phase. */
  @Override
  public Map<String, INDArray> activations(MultiDataSet batch, Phase phase) {
    Map<String, INDArray> made = passes.activations(batch);
    forgetPasses();
    return made;
  }

  @Override
  public boolean dividesByExamples() {
    return model.roles().normaliser() != Normaliser.NOTHING;
  }

  @Override
  public boolean countsTerms() {
    return model.roles().normaliser() != Normaliser.NOTHING
        && model.roles().normaliser() != Normaliser.EXAMPLES;
  }

  @Override
  public double terms(MultiDataSet batch) {
    return passes.terms(batch, ExampleWeights.of(batch)::of);
  }

  @Override
  public double backpropagate(MultiDataSet batch) {
    double loss = passes.backpropagate(batch, ExampleWeights.of(batch)::of);
    if (kind == Gradient.MEASURED) {
      DirectionalCheck.correct(values, gradient, model.trained(), () -> loss(batch));
    }
    return loss;
  }

  @Override
  public double loss(MultiDataSet batch) {
    return passes.loss(batch, ExampleWeights.of(batch)::of);
  }

  @Override
  public INDArray[] output(MultiDataSet batch) {
    return passes.output(batch);
  }

  @Override
  public long heldBytes() {
    return passes.heldBytes();
  }

  @Override
  public void forgetPasses() {
    passes.forget();
  }

  @Override
  public double regularizationScore() {
    return updater.score(values, iteration, epoch);
  }

  @Override
  public void update(int examples) {
    if (dividesByExamples()) {
      gradient.divi(examples);
    }
    updater.update(values, gradient, iteration, epoch);
    iteration++;
  }

  @Override
  public int iteration() {
    return iteration;
  }

  @Override
  public void iteration(int updates) {
    iteration = updates;
  }

  @Override
  public int epoch() {
    return epoch;
  }

  @Override
  public void epoch(int epochs) {
    epoch = epochs;
  }

  @Override
  public double learningRate() {
    return updater.rate(iteration, epoch, Double.NaN);
  }

  @Override
  public Map<String, Double> learningRates() {
    return updater.rates(iteration, epoch);
  }

  /** A graph of its own, for operators keep the arguments of a pass. */
  @Override
  public PassNetwork sibling() {
    return new SameDiffNetwork(model.copy(), values, Gradient.COMPUTED, false, null);
  }

  /** As {@link SameDiffArchive} reads it. */
  @Override
  public void write(OutputStream file) throws IOException {
    write(updater.file().write(model, iteration, epoch), Optional.empty(), file);
  }

  /** With the optimizers of the settings, which SameDiff's own file cannot name. */
  @Override
  public void writeForWorkers(OutputStream file) throws IOException {
    byte[] graph = updater.file().writeForWorkers(model, iteration, epoch);
    write(graph, updater.groups().map(GraphGroups::json), file);
  }

  private void write(byte[] graph, Optional<byte[]> groups, OutputStream file) throws IOException {
    SameDiffArchive.write(model, graph, groups, onnx(), file);
  }

  @Override
  public void writeForScoring(OutputStream file) throws IOException {
    byte[] graph = GraphFile.forScoring(model.graph());
    SameDiffArchive.write(model, graph, Optional.empty(), Optional.empty(), file);
  }

  /** The ONNX file that the graph came from, with the present values. */
  private Optional<byte[]> onnx() {
    return model.origin().onnx().map(file -> OnnxValues.put(file, model, values));
  }

  @Override
  public ModelKind kind() {
    return new GraphKind(this);
  }

  @Override
  public QuietCopies quietCopies() {
    return new QuietCopies() {
      @Override
      public boolean isNoisy() {
        return model.roles().isNoisy();
      }

      @Override
      public Network same() {
        GraphModel copy = model.in(model.type()).quiet();
        return new SameDiffNetwork(copy, values.dup(), Gradient.COMPUTED, true, null);
      }

      /**
       * In float64 held against the loss itself, for SameDiff's derivatives are not to be trusted.
       */
      @Override
      public Network in(DataType type) {
        Gradient wanted = type == DataType.DOUBLE ? Gradient.MEASURED : Gradient.COMPUTED;
        return new SameDiffNetwork(model.in(type).quiet(), valuesIn(type), wanted, true, null);
      }

      @Override
      public Network withUpdater(DataType type) {
        GraphModel copy = model.in(type).quiet();
        SameDiffNetwork next =
            new SameDiffNetwork(
                copy, valuesIn(type), Gradient.COMPUTED, true, updater.copy(copy, type));
        next.iteration = iteration;
        next.epoch = epoch;
        return next;
      }
    };
  }

  private INDArray valuesIn(DataType type) {
    return values.dataType() == type ? values.dup() : values.castTo(type);
  }

  /** There are none to be removed: operators have no second way. */
  @Override
  public void removeHelpers() {}

  @Override
  public void release() {
    passes.forget();
    Dl4jNetwork.close(gradient);
    if (ownsValues) {
      Dl4jNetwork.close(values);
    }
  }
}
