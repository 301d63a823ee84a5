/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.plan.StagedPlan;
import io.cairn.settings.FineTuneSettings;
import io.cairn.settings.UpdaterSettings;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What settings change in models of one kind before a run begins, and what is to be said of them. A
 * method that returns another model leaves the one it is given of no use.
 *
 * <p>Threading: the network's thread.
 */
interface ModelKind {

  /**
   * A model as it was read, with what the settings say of its output and loss.
   *
   * @throws ModelException if it says that itself
   */
  ModelSource completed(ModelSource model, GraphWishes wishes);

  /** As {@link ModelSource#withUpdater}. */
  ModelSource withUpdater(ModelSource model, UpdaterSettings updater, StagedPlan plan);

  /**
   * As {@link ModelSource#fineTuned}.
   *
   * @param model with parameters, and with the updater's state if that is wanted
   */
  ModelSource fineTuned(ModelSource model, FineTuneSettings settings, long seed);

  /** As {@link ModelSource#runLasts}. */
  void runLasts(long updates, long epochs);

  /** As {@link ModelSource#unsaidInFile}. */
  Optional<String> unsaidInFile();

  /** Deeplearning4j's configuration as JSON; empty for a network of another kind. */
  Optional<String> configurationJson();

  /** As {@link ModelTrials#layers}; empty where there are none. */
  List<LayerRow> layers(MultiDataSet sample);

  /** What the user should know of it, whatever file it came from. */
  List<String> notes();
}
