/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.checkpoint.SideFiles;
import io.cairn.settings.Settings;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.RunStart;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import io.cairn.telemetry.tracking.RunFile;
import io.cairn.telemetry.tracking.Tracker;
import io.cairn.telemetry.tracking.TrackerFiles;
import io.cairn.telemetry.tracking.Trackers;
import io.cairn.telemetry.tracking.Tracking;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a run and its trackers together: those of the settings, and those that a program gives.
 * They hear of the run from its first attempt on, under the claim of the present one; a driver that
 * has lost the run tells them nothing more.
 *
 * <p>Made by {@link Training}, which ends it. Threading: the driver's thread begins attempts and
 * ends it; Spark's threads bring progress, the trackers' own read the run's files. Failure: none
 * that reaches the run.
 */
final class RunTracking implements MetricsSink {

  private static final Logger LOG = LoggerFactory.getLogger(RunTracking.class);

  private static final Duration AFTER_SUCCESS = Duration.ofSeconds(30);

  /** A scheduler that has stopped the process may soon kill it. */
  private static final Duration AFTER_ANY_OTHER_END = Duration.ofSeconds(5);

  /** How fast artifacts go at least. */
  private static final long BYTES_PER_SECOND = 1 << 20;

  private static final List<String> ARTIFACTS =
      List.of(RunDirectory.MODEL, RunDirectory.BEST_MODEL, RunDirectory.PAGE);

  // What is used of it has no state.
  private final RunDirectory directory;
  private final RunStart start;
  private final List<Tracker> trackers;
  private final Consumer<String> tell;
  private volatile Optional<AttemptClaim> claim = Optional.empty();
  private volatile Optional<Tracking> tracking = Optional.empty();

  /**
   * @param directory the run's
   * @param given by the program
   */
  RunTracking(
      Settings settings,
      RunDirectory directory,
      RunStart start,
      List<Tracker> given,
      Consumer<String> tell) {
    this.directory = directory;
    this.start = start;
    this.tell = tell;
    this.trackers = new ArrayList<>(given);
    trackers.addAll(
        Trackers.of(
            settings.tracking(),
            new Trackers.Surroundings(
                directory.location(), Place::new, this::artifacts, System.getenv(), tell)));
  }

  /** An attempt that has the run begins. */
  void attemptBegins(ClaimedRun run) {
    claim = Optional.of(run.claim());
    begin();
    tracking.orElseThrow().attemptBegins(run.update());
  }

  /** Tells them of a run that is finished what they have not heard of it yet. */
  void ofFinishedRun() {
    begin();
  }

  private void begin() {
    if (tracking.isEmpty()) {
      tracking = Optional.of(Tracking.start(trackers, start, this::metrics, tell));
    }
  }

  @Override
  public void step(UpdateMetrics step) {
    tracking.ifPresent(begun -> begun.step(step));
  }

  @Override
  public void validation(ValidationMetrics validation) {
    tracking.ifPresent(begun -> begun.validation(validation));
  }

  @Override
  public void close() {}

  /** Tells them how the run has ended, when its files are as they will be. */
  void end(Outcome outcome) {
    if (tracking.isEmpty()) {
      return;
    }
    Tracking begun = tracking.get();
    tracking = Optional.empty();
    if (outcome instanceof Outcome.Superseded) {
      begun.abandon();
      return;
    }
    RunEnd.State state = stateOf(outcome);
    try {
      begun.end(new RunEnd(state, outcome.reason()), longest(state));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      begun.abandon();
    }
  }

  private Duration longest(RunEnd.State state) {
    if (state != RunEnd.State.SUCCEEDED) {
      return AFTER_ANY_OTHER_END;
    }
    long bytes = artifacts().stream().mapToLong(RunFile::bytes).sum();
    return AFTER_SUCCESS.plusSeconds(bytes / BYTES_PER_SECOND);
  }

  static RunEnd.State stateOf(Outcome outcome) {
    if (outcome.exitCode() == Outcome.EXIT_DONE) {
      return RunEnd.State.SUCCEEDED;
    }
    return outcome instanceof Outcome.Resumable ? RunEnd.State.STOPPED : RunEnd.State.FAILED;
  }

  private Optional<InputStream> metrics() throws IOException {
    Optional<AttemptClaim> held = claim;
    if (held.isPresent()) {
      try {
        held.get().requireNewest();
      } catch (FencedException e) {
        return Optional.empty();
      }
    }
    return directory.openMetrics();
  }

  private List<RunFile> artifacts() {
    List<RunFile> there = new ArrayList<>();
    for (String name : ARTIFACTS) {
      try {
        OptionalLong bytes = directory.length(name);
        if (bytes.isPresent()) {
          there.add(new RunFile(name, bytes.getAsLong(), () -> open(name)));
        }
      } catch (IOException e) {
        LOG.warn("{} is not passed on to trackers", name, e);
      }
    }
    return there;
  }

  private InputStream open(String name) {
    try {
      return directory.open(name).orElseThrow(() -> new IOException(name + " is gone"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tracker's directory, under the claim of the present attempt. */
  private final class Place implements TrackerFiles {
    private final String name;

    Place(String name) {
      this.name = name;
    }

    private SideFiles files() {
      return claim.map(directory::under).orElse(directory).beside(name);
    }

    @Override
    public List<String> names() throws IOException {
      return files().names();
    }

    @Override
    public Optional<InputStream> open(String file) throws IOException {
      return files().open(file);
    }

    @Override
    public void replace(String file, String text) throws IOException {
      files().replace(file, text);
    }

    @Override
    public GrowingFile create(String file) throws IOException {
      SideFiles.Growing growing = files().create(file);
      return new GrowingFile() {
        @Override
        public void write(byte[] bytes) throws IOException {
          growing.write(bytes);
        }

        @Override
        public boolean show() throws IOException {
          return growing.show();
        }

        @Override
        public void close() throws IOException {
          growing.close();
        }
      };
    }
  }
}
