/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.settings.BatchSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * What a person should know of settings, model and data before training begins.
 *
 * <p>Threading: that of the inspection.
 *
 * @param of what was found
 */
public record InspectionNotes(Inspection of) {

  /** What an operator has said of the batch that has no effect, a sentence each. */
  public List<String> onBatch() {
    List<String> notes = new ArrayList<>();
    BatchSettings batch = of.settings().batch();
    if (isWithoutEffect(batch)) {
      String effective =
          batch.effective().isPresent()
              ? " and batch.effective = %d have".formatted(batch.effective().getAsInt())
              : " has";
      notes.add(
          "batch.steps = %d%s no effect: batch.schedule has steps = %d from epoch 1 on"
              .formatted(batch.steps().getAsInt(), effective, batch.schedule().get(0).steps()));
    }
    long epochs = of.epochs();
    batch.schedule().stream()
        .filter(stage -> stage.fromEpoch() > epochs)
        .forEach(
            stage ->
                notes.add(
                    "batch.schedule: the run ends with epoch %d, before steps = %d from epoch %d on"
                        .formatted(epochs, stage.steps(), stage.fromEpoch())));
    return notes;
  }

  /** Whether the steps hold in no epoch, nor say how many workers there are. */
  private static boolean isWithoutEffect(BatchSettings batch) {
    boolean workersFollow = batch.effective().isPresent() && batch.workers().isEmpty();
    return batch.isScheduledFromTheStart()
        && batch.steps().isPresent()
        && batch.steps().getAsInt() != batch.schedule().get(0).steps()
        && !workersFollow;
  }

  /** What a user should know of the model itself, a sentence each. */
  public List<String> onModel() {
    List<String> notes = new ArrayList<>(of.model().notes());
    of.model().unsaidInFile().ifPresent(notes::add);
    OptionalDouble given = of.settings().train().clipGlobalNorm();
    OptionalDouble own = of.model().clipGlobalNorm();
    if (own.isPresent()) {
      notes.add(
          given.isEmpty() || given.getAsDouble() == own.getAsDouble()
              ? "the model's own global_clipnorm = "
                  + own.getAsDouble()
                  + " is applied; model.zip cannot say so: a run that goes on from it needs train.clip-global-norm"
              : "train.clip-global-norm = "
                  + given.getAsDouble()
                  + " is applied instead of the model's own global_clipnorm = "
                  + own.getAsDouble());
    }
    return notes;
  }

  /**
   * What an operator should know of the data, and might not have meant, and of how data and model
   * go together, a sentence each.
   */
  public List<String> onData() {
    List<String> notes = new ArrayList<>(of.data().notes());
    notes.addAll(Demand.notes(of.model(), of.settings().data(), of.data()));
    return notes;
  }

  /** What depends on how examples fall into micro-batches, a sentence a layer. */
  public List<String> onStatistics() {
    Stream<String> statistics =
        of.model().layersWithStatistics().stream()
            .map(
                layer ->
                    "layer %s normalises by the statistics of each micro-batch of %s, not of the whole batch"
                        .formatted(layer, of.plan().micro()));
    Stream<String> centres =
        of.model().layersWithCentres().stream()
            .map(
                layer ->
                    "layer %s moves each class's centre by a mean over its examples in each micro-batch of %s; these are averaged, weighted by examples, and differ from one big batch's; its other gradients do not"
                        .formatted(layer, of.plan().micro()));
    return Stream.concat(statistics, centres).toList();
  }
}
