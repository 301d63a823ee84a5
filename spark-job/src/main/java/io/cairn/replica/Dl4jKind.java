/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.replica.transfer.FineTuning;
import io.cairn.replica.updater.PlainModel;
import io.cairn.replica.updater.UpdaterReplacement;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.UpdaterSettings;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Models of Deeplearning4j and Keras: they are changed by their configuration. */
record Dl4jKind(Dl4jNetwork network) implements ModelKind {

  @Override
  public ModelSource completed(ModelSource model, GraphWishes wishes) {
    if (wishes.settings().isGiven()) {
      throw new ModelException(
          model.name()
              + " says itself what its outputs and losses are; model.output, model.loss and"
              + " model.normalise-by are for SameDiff graphs and ONNX models that do not");
    }
    return model;
  }

  @Override
  public ModelSource withUpdater(ModelSource model, UpdaterSettings updater, StagedPlan plan) {
    ModelConfiguration changed =
        ModelConfiguration.parse(model.name(), network.configurationJson());
    List<String> said = model.said();
    said.remove(DescribedModel.DEFAULT_UPDATER);
    said.addAll(new UpdaterReplacement(updater, plan).applyTo(changed, model.name()));
    Network next = changed.network(network.parameters(), null);
    network.release();
    return model.with(next, said);
  }

  @Override
  public ModelSource fineTuned(ModelSource model, FineTuneSettings settings, long seed) {
    String name = model.name();
    ModelConfiguration changed = ModelConfiguration.parse(name, network.configurationJson());
    FineTuning tuning = new FineTuning(settings, name);
    tuning.applyTo(changed);
    changed.seed(seed);
    // Once more through JSON: what is shared in a configuration would be shared in the network.
    Dl4jNetwork next =
        ModelReader.initialised(name, ModelConfiguration.parse(name, changed.json()));
    TakenOver taken = new TakenOver(network, next, tuning.redrawn());
    if (model.origin() != ModelSource.Origin.FILE_WITH_STATE) {
      taken.start();
    }
    taken.copy(settings.updater());
    network.release();
    List<String> said = model.said();
    said.addAll(tuning.notes());
    frozenNote(next).ifPresent(said::add);
    return model.with(next, said).withoutClassNames(tuning.redrawn());
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

  @Override
  public void runLasts(long updates, long epochs) {
    PlainModel.runLasts(network.configuration(), updates, epochs);
  }

  @Override
  public Optional<String> unsaidInFile() {
    List<String> unsaid = PlainModel.differences(network.configuration());
    return unsaid.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "plain Deeplearning4j can use model.zip, but not go on as here: "
                + String.join("; ", unsaid));
  }

  @Override
  public Optional<String> configurationJson() {
    return Optional.of(network.configurationJson());
  }

  @Override
  public List<LayerRow> layers(MultiDataSet sample) {
    return LayerRows.of(network, sample);
  }

  @Override
  public List<String> notes() {
    return List.of();
  }
}
