/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import static io.cairn.telemetry.tracking.TrackingTest.DONE;
import static io.cairn.telemetry.tracking.TrackingTest.SHORT;
import static io.cairn.telemetry.tracking.TrackingTest.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.telemetry.tracking.MemoryFiles.Seen;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Event files, byte by byte and by what a reader of them has in the end. TensorBoard itself reads
 * them in {@code python/tests/test_trackers.py}.
 */
@Timeout(20)
class TensorBoardTrackerTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(MetricsFile.AT_MS), ZoneOffset.UTC);
  private static final double SECONDS = 1764484596.25;

  private final MetricsFile metrics = new MetricsFile();

  @Test
  void recordsAreThoseThatTensorBoardsOwnWriterMakes() {
    // By tensorboard.summary.writer.record_writer of TensorBoard 2.15.
    assertThat(HexFormat.of().formatHex(EventRecord.version(1.5)))
        .isEqualTo(
            "1800000000000000a37f4b2209000000000000f83f"
                + "1a0d627261696e2e4576656e743a32"
                + "2a28646c");
    assertThat(HexFormat.of().formatHex(EventRecord.start(SECONDS, 300)))
        .isEqualTo("100000000000000095fbfe18090000107df94ada4110ac023a020801a19fafda");
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("loss", 0.125);
    values.put("validation/größe", Double.NaN);
    assertThat(HexFormat.of().formatHex(EventRecord.scalars(SECONDS, 300, values)))
        .isEqualTo(
            "36000000000000004f578cef090000107df94ada4110ac022a280a0b0a046c6f7373150000003e0a19"
                + "0a1276616c69646174696f6e2f6772c3b6c39f65150000c07ff4380247");
  }

  @ParameterizedTest
  @EnumSource
  void aCurveHasEachUpdateOnceAfterRestoresAndDriversDeaths(Seen seen) throws Exception {
    MemoryFiles files = new MemoryFiles(seen);
    Tracking first = track(files);
    first.attemptBegins(0);
    metrics.train(25);
    first.step(MetricsFile.update(25, 0));
    awaitStep(files, seen, 25);
    first.attemptBegins(20);
    metrics.restore(20);
    metrics.train(33);
    first.step(MetricsFile.update(33, 0));
    awaitStep(files, seen, 33);
    // Its driver is killed: what it had not closed is lost.
    Tracking second = track(files);
    second.attemptBegins(30);
    metrics.restore(30);
    metrics.train(50);
    second.step(MetricsFile.update(50, 0));
    second.end(DONE, Duration.ofSeconds(10));
    assertThat(steps(files))
        .containsExactlyElementsOf(
            LongStream.rangeClosed(1, 50)
                .flatMap(n -> n % 10 == 0 ? LongStream.of(n, n) : LongStream.of(n))
                .boxed()
                .toList());
    assertThat(files.names()).hasSize(seen == Seen.AT_ONCE ? 2 : 1);
    first.abandon();
  }

  @Test
  void whatAFileThatCouldNotBeClosedHadIsWrittenAgain() throws Exception {
    MemoryFiles files = new MemoryFiles(Seen.ONCE_CLOSED);
    files.failClose();
    metrics.train(25);
    track(files).end(DONE, Duration.ofSeconds(10));
    assertThat(steps(files)).hasSize(27).startsWith(1L, 2L).endsWith(24L, 25L);
  }

  @Test
  void whatWasTakenBackIsWrittenAgainAlthoughTheFirstWriteFails() throws Exception {
    MemoryFiles files = new MemoryFiles(Seen.AT_ONCE);
    Tracking tracking = track(files);
    tracking.attemptBegins(0);
    metrics.train(25);
    tracking.step(MetricsFile.update(25, 0));
    awaitStep(files, Seen.AT_ONCE, 25);
    tracking.attemptBegins(20);
    files.failWrite();
    metrics.restore(20);
    metrics.train(33);
    tracking.step(MetricsFile.update(33, 0));
    tracking.end(DONE, Duration.ofSeconds(10));
    assertThat(steps(files)).hasSize(36).endsWith(32L, 33L);
    assertThat(written(files).stream().filter(step -> step == 23))
        .as("in the numbers of both attempts")
        .hasSize(2);
  }

  @Test
  void aTornLastRecordIsWrittenAgainInTheNextFile() throws Exception {
    MemoryFiles files = new MemoryFiles(Seen.AT_ONCE);
    metrics.train(20);
    track(files).end(DONE, Duration.ofSeconds(10));
    String only = files.names().get(0);
    byte[] whole = files.bytes(only);
    int stop = EventRecord.stop(SECONDS, 20).length;
    files.put(only, Arrays.copyOf(whole, whole.length - stop - 3));
    track(files).end(DONE, Duration.ofSeconds(10));
    assertThat(files.names()).hasSize(2);
    assertThat(steps(files)).hasSize(22).endsWith(19L, 20L, 20L);
    // All is there: nothing is written any more.
    track(files).end(DONE, Duration.ofSeconds(10));
    assertThat(files.names()).hasSize(2);
  }

  private Tracking track(MemoryFiles files) {
    Tracker tracker = new TensorBoardTracker(files, "x", CLOCK);
    return Tracking.start(List.of(tracker), START, metrics, said -> {}, SHORT);
  }

  /** Where files are seen once they are closed only, the present one is not. */
  private static void awaitStep(MemoryFiles files, Seen seen, long step) throws IOException {
    while (seen == Seen.AT_ONCE && new EventFiles(files).complete() < step - 1) {
      Thread.onSpinWait();
    }
  }

  /** All steps, also those that a start takes back. */
  private static List<Long> written(MemoryFiles files) throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String name : files.names()) {
      try (InputStream in = new ByteArrayInputStream(files.bytes(name))) {
        for (Optional<EventRecord.Read> next = EventRecord.read(in);
            next.isPresent();
            next = EventRecord.read(in)) {
          if (next.get().what() == EventRecord.What.SCALARS) {
            steps.add(next.get().step());
          }
        }
      }
    }
    return steps;
  }

  /** The steps that a reader has who drops what a start takes back. */
  private static List<Long> steps(MemoryFiles files) throws IOException {
    List<Long> steps = new ArrayList<>();
    for (String name : files.names()) {
      try (InputStream in = new ByteArrayInputStream(files.bytes(name))) {
        for (Optional<EventRecord.Read> next = EventRecord.read(in);
            next.isPresent();
            next = EventRecord.read(in)) {
          long step = next.get().step();
          switch (next.get().what()) {
            case SCALARS -> steps.add(step);
            case START -> steps.removeIf(before -> before >= step);
            case STOP, OTHER -> {}
          }
        }
      }
    }
    return steps;
  }
}
