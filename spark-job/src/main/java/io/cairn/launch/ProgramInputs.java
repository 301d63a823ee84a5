/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.source.Frames;
import io.cairn.telemetry.tracking.Tracker;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a program gives beside the settings, because no file holds it.
 *
 * <p>Threading: immutable; frames are used on the driver's thread.
 *
 * @param frames data frames, as {@code data.train.frame} and the like name them
 * @param model the model's file in memory, where {@code model.source} begins with {@link #MODEL}
 * @param trackers hear of the run beside those of the settings
 */
public record ProgramInputs(Frames frames, Optional<byte[]> model, List<Tracker> trackers) {

  /** What {@code model.source} begins with where a program gives the model. */
  public static final String MODEL = "given:";

  public ProgramInputs {
    Objects.requireNonNull(frames, "frames");
    Objects.requireNonNull(model, "model");
    trackers = List.copyOf(trackers);
  }

  /** Nobody hears of the run but those of the settings. */
  public ProgramInputs(Frames frames, Optional<byte[]> model) {
    this(frames, model, List.of());
  }

  /** Everything is where the settings say. */
  public static ProgramInputs none() {
    return new ProgramInputs(Frames.none(), Optional.empty());
  }
}
