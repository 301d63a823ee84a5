/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.settings.TrackingSettings;
import io.cairn.settings.TrackingSettings.TensorBoard;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes the trackers that settings ask for.
 *
 * <p>Threading: stateless.
 */
public final class Trackers {

  /** The directory of the output where event files go. */
  public static final String TENSORBOARD = "tensorboard";

  /** The directory of the output where trackers remember what they need to go on. */
  public static final String MEMORY = "tracking";

  private Trackers() {}

  /**
   * What trackers have of a run.
   *
   * @param location the run's directory
   * @param files opens a directory in it
   * @param artifacts the files that a finished run passes on, once it is finished
   * @param environment of this process
   * @param tell takes a line to the user
   */
  public record Surroundings(
      String location,
      Function<String, TrackerFiles> files,
      Supplier<List<RunFile>> artifacts,
      Map<String, String> environment,
      Consumer<String> tell) {}

  /** The trackers; whoever begins to tell them of a run owns them. */
  public static List<Tracker> of(TrackingSettings settings, Surroundings run) {
    Clock clock = Clock.systemUTC();
    List<Tracker> trackers = new ArrayList<>();
    if (settings.tensorBoard() == TensorBoard.ON) {
      trackers.add(
          new TensorBoardTracker(
              run.files().apply(TENSORBOARD), run.location() + "/" + TENSORBOARD, clock));
    }
    settings
        .mlflow()
        .ifPresent(
            mlflow ->
                trackers.add(
                    new MlflowTracker(
                        new MlflowServer(mlflow.uri(), run.environment()),
                        mlflow.experiment(),
                        run.files().apply(MEMORY),
                        run.artifacts(),
                        run.tell(),
                        clock)));
    return trackers;
  }
}
