/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import io.cairn.telemetry.RunEnd;
import io.cairn.telemetry.UpdateMetrics;
import io.cairn.telemetry.ValidationMetrics;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Writes event files for TensorBoard. Each driver begins a new file, which says with which update
 * it goes on ({@code SessionLog.START}): what earlier files have from there on, readers drop. The
 * same is said when an attempt goes back to a checkpoint. So a curve has each update once, with the
 * numbers that {@code metrics.jsonl} has.
 *
 * <p>Where files are seen only once they are closed, one is closed every five minutes; what a
 * killed driver had not closed, the next one writes.
 *
 * <p>Threading: the tracker's thread. Failure: as {@link Tracker}; a file whose writing failed is
 * left, and a new one is begun.
 */
final class TensorBoardTracker implements Tracker {

  private static final Duration LONGEST_UNSEEN = Duration.ofMinutes(5);

  private final TrackerFiles files;
  private final EventFiles events;
  private final String place;
  private final Clock clock;
  private Optional<TrackerFiles.GrowingFile> open = Optional.empty();
  private long openedAtMs;
  private long last;
  private boolean goesOn;

  /** What is in files after it is void, which no file says yet. */
  private long takenBackTo = Long.MAX_VALUE;

  /**
   * @param files where event files go
   * @param place where that is, for a person
   */
  TensorBoardTracker(TrackerFiles files, String place, Clock clock) {
    this.files = files;
    this.events = new EventFiles(files);
    this.place = place;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "TensorBoard's files in " + place;
  }

  @Override
  public long through() throws IOException {
    leave();
    last = Math.min(events.complete(), takenBackTo);
    return last;
  }

  @Override
  public boolean takesBack(long update) {
    goesOn = true;
    takenBackTo = Math.min(takenBackTo, update);
    return true;
  }

  @Override
  public void update(UpdateMetrics update) throws IOException {
    write(update.atMs(), update.update(), Scalars.of(update));
  }

  @Override
  public void validation(ValidationMetrics validation) throws IOException {
    write(validation.atMs(), validation.update(), Scalars.of(validation));
  }

  private void write(long atMs, long step, Map<String, Double> values) throws IOException {
    double seconds = (atMs == 0 ? clock.millis() : atMs) / 1e3;
    if (open.isEmpty()) {
      openedAtMs = clock.millis();
      TrackerFiles.GrowingFile file = files.create(events.next(openedAtMs / 1000));
      open = Optional.of(file);
      file.write(EventRecord.version(seconds));
      goesOn = true;
    }
    if (goesOn) {
      // A validation follows its update, which would be void otherwise.
      open.get().write(EventRecord.start(seconds, step == last ? step + 1 : step));
      goesOn = false;
    }
    open.get().write(EventRecord.scalars(seconds, step, values));
    last = step;
  }

  @Override
  public boolean flush() throws IOException {
    if (open.isPresent() && !open.get().show()) {
      if (clock.millis() - openedAtMs < LONGEST_UNSEEN.toMillis()) {
        return false;
      }
      close();
    }
    if (!goesOn) {
      takenBackTo = Long.MAX_VALUE;
    }
    return true;
  }

  @Override
  public void ends(RunEnd end) throws IOException {
    if (open.isPresent()) {
      open.get().write(EventRecord.stop(clock.millis() / 1e3, last));
    }
    close();
  }

  @Override
  public void close() throws IOException {
    Optional<TrackerFiles.GrowingFile> file = open;
    open = Optional.empty();
    if (file.isPresent()) {
      file.get().close();
    }
  }

  /** It failed, and may fail again now. */
  private void leave() {
    try {
      close();
    } catch (IOException again) {
      open = Optional.empty();
    }
  }
}
