/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.plan.StagedPlan;
import io.cairn.replica.onnx.OnnxHead;
import io.cairn.replica.samediff.GraphFreezing;
import io.cairn.replica.samediff.GraphGroups;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.replica.samediff.GraphNotes;
import io.cairn.replica.samediff.GraphParameter;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.UpdaterSettings;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** SameDiff graphs, those from ONNX files among them. */
record GraphKind(SameDiffNetwork network) implements ModelKind {

  @Override
  public ModelSource completed(ModelSource model, GraphWishes wishes) {
    if (wishes.newOutput().isPresent()) {
      return withNewOutput(model, wishes);
    }
    network
        .model()
        .roles()
        .contradiction(wishes)
        .ifPresent(
            why -> {
              throw new ModelException(model.name() + ": " + why);
            });
    return model;
  }

  private ModelSource withNewOutput(ModelSource model, GraphWishes wishes) {
    List<GraphParameter> before = network.model().trained();
    GraphModel next = network.model().withNewOutput(wishes);
    if (next.origin().onnx().isPresent()) {
      next = next.into(OnnxHead.put(model.name(), next.origin().onnx().get(), next));
    }
    List<String> said = model.said();
    said.addAll(next.origin().notes());
    List<String> replaced =
        model.signature().outputs().stream().map(ModelSignature.Output::name).toList();
    return model.with(network.goingOnAs(next, before), said).withoutClassNames(replaced);
  }

  @Override
  public ModelSource withUpdater(ModelSource model, UpdaterSettings updater, StagedPlan plan) {
    GraphGroups.Chosen chosen = GraphGroups.choose(updater, plan, model.name(), network.model());
    List<String> said = model.said();
    said.remove(GraphModel.NO_OPTIMIZER);
    said.add("train.updater: " + chosen.note() + " in place of the graph's optimizer");
    return model.with(network.with(chosen.groups()), said);
  }

  @Override
  public ModelSource fineTuned(ModelSource model, FineTuneSettings settings, long seed) {
    if (!settings.add().isEmpty()) {
      throw new ModelException(
          "model.fine-tune.add: %s is a graph, and what is added are layers of Deeplearning4j"
              .formatted(model.name()));
    }
    GraphFreezing freezing = new GraphFreezing(network.model(), model.name());
    return model.with(network.frozen(freezing.wanted(settings), settings.updater()), model.said());
  }

  @Override
  public void runLasts(long updates, long epochs) {
    network.groups().ifPresent(groups -> groups.runLasts(updates, epochs));
  }

  @Override
  public Optional<String> unsaidInFile() {
    List<String> differences = network.unsaidInFile();
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "plain SameDiff can use the graph in model.zip, but not go on as here: "
                + String.join("; ", differences));
  }

  @Override
  public Optional<String> configurationJson() {
    return Optional.empty();
  }

  @Override
  public List<LayerRow> layers(MultiDataSet sample) {
    return List.of();
  }

  @Override
  public List<String> notes() {
    return GraphNotes.of(network.model());
  }
}
