/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics on an object store: nothing is lost, nothing is there twice, and little is sent. */
class MetricsPartsTest {

  private static final String ROOT = "s3a://bucket/run";
  private static final String WHOLE = "/run/metrics.jsonl";
  private static final int UPDATES_PER_SAVE = 3;

  @TempDir Path temp;

  private static MemoryFileSystem store(Faults faults) {
    return new MemoryFileSystem(FileSystemKind.Rename.PIECEMEAL, faults);
  }

  private static AttemptClaim claim(MemoryFileSystem store) throws IOException {
    return AttemptClaim.take(store.place(ROOT), 0, States.CLAIMANT);
  }

  private MetricsLog open(MemoryFileSystem store, AttemptClaim claim, long through)
      throws IOException {
    WholeFiles files = new WholeFiles(store.place(ROOT));
    return MetricsLog.open(
        new MetricsLog.Home(files, "metrics.jsonl", Optional.of(claim), temp), through, () -> 0);
  }

  private static String line(int attempt, long update) {
    return "{\"update\":" + update + ",\"loss\":0.5,\"attempt\":" + attempt + "}";
  }

  private static void append(MetricsLog log, int attempt, long from, long to) throws IOException {
    for (long update = from; update <= to; update++) {
      log.append(line(attempt, update));
    }
  }

  /** As whoever reads a run finds them. */
  private static List<String> read(MemoryFileSystem store) throws IOException {
    WholeFiles files = new WholeFiles(store.place(ROOT));
    try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static List<String> parts(MemoryFileSystem store) {
    return store.files().stream().filter(name -> name.startsWith("/run/metrics/")).toList();
  }

  private static List<String> lines(int attempt, long from, long to) {
    return LongStream.rangeClosed(from, to).mapToObj(update -> line(attempt, update)).toList();
  }

  @Test
  void whatIsSentForAThousandSavesIsAFewTimesTheWholeAndInFewObjects() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    long sent = 0;
    int most = 0;
    try (MetricsLog log = open(store, claim(store), 0)) {
      for (int save = 1; save <= 1000; save++) {
        append(log, 1, save, save);
        long before = store.bytesClosed();
        log.sync();
        sent += store.bytesClosed() - before;
        most = Math.max(most, parts(store).size());
        assertThat(read(store)).hasSize(save);
      }
      // Anybody who reads the file alone has at least half of the run.
      assertThat(store.content(WHOLE)).hasSizeGreaterThan(500 * line(1, 100).length());
    }
    assertThat(read(store)).isEqualTo(lines(1, 1, 1000));
    assertThat(new String(store.content(WHOLE), StandardCharsets.UTF_8).lines())
        .isEqualTo(lines(1, 1, 1000));
    assertThat(parts(store)).isEmpty();
    assertThat(most).isLessThanOrEqualTo(12);
    assertThat(sent).isLessThan(14L * store.content(WHOLE).length);
  }

  @Test
  void whoeverReadsOnSkipsWhatHeHasHad() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    WholeFiles files = new WholeFiles(store.place(ROOT));
    try (MetricsLog log = open(store, claim(store), 0)) {
      for (int save = 1; save <= 7; save++) {
        append(log, 1, save, save);
        log.sync();
      }
      assertThat(parts(store)).hasSizeGreaterThan(2);
      byte[] whole;
      try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow()) {
        whole = in.readAllBytes();
      }
      for (int from = 0; from <= whole.length; from++) {
        try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow()) {
          in.skipNBytes(from);
          assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(whole, from, whole.length));
        }
        try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow()) {
          in.skipNBytes(from / 2);
          in.skipNBytes(from - from / 2);
          assertThat(in.readAllBytes()).hasSize(whole.length - from);
        }
      }
    }
  }

  @Test
  void attemptThatLostTheRunChangesNothingThatAnybodyReads() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    MetricsLog lost = open(store, claim(store), 0);
    append(lost, 1, 1, 3);
    lost.sync();
    append(lost, 1, 4, 5);
    CheckpointWriter.SafeFirst late = lost.mark();
    try (MetricsLog newer = open(store, claim(store), 3)) {
      append(newer, 2, 4, 4);
      newer.sync();
      assertThatThrownBy(late::makeSafe).isInstanceOf(FencedException.class);
      assertThat(read(store)).hasSize(4).endsWith(line(2, 4));
    }
    append(lost, 1, 6, 9);
    assertThatThrownBy(lost.mark()::makeSafe).isInstanceOf(FencedException.class);
    assertThatThrownBy(lost::close).isInstanceOf(FencedException.class);
    assertThat(read(store)).hasSize(4).endsWith(line(2, 4));
    assertThat(parts(store)).isEmpty();
  }

  /** Wherever the newer attempt dies. */
  @Test
  void partThatWasUnderWayWhenTheRunWasLostIsReadByNobody() throws IOException {
    for (long k = 0; ; k++) {
      MemoryFileSystem store = store(Faults.at(Faults.Kind.PROCESS_DIES, k));
      boolean isSafe = false;
      boolean died = false;
      try {
        AttemptClaim old = claim(store);
        MetricsLog lost = open(store, old, 0);
        append(lost, 1, 1, 3);
        lost.sync();
        try (MetricsLog newer = open(store, claim(store), 3)) {
          storeLate(store, old, String.join("\n", lines(1, 1, 9)));
          append(newer, 2, 4, 4);
          newer.sync();
          isSafe = true;
          assertThat(read(store)).hasSize(4).endsWith(line(2, 4));
        }
        assertThat(parts(store)).isEmpty();
      } catch (Faults.ProcessDied asAskedFor) {
        died = true;
      }
      if (isSafe) {
        assertThat(read(store.afterProcessDeath()))
            .as("operation %d", k)
            .hasSize(4)
            .endsWith(line(2, 4));
      }
      if (!died) {
        return;
      }
    }
  }

  /** Another attempt takes it over between any two operations of the first. */
  @Test
  void whereverTheRunIsLostTheLoserChangesNothingThatAnybodyReads() throws IOException {
    long afterClaim = operationsOfAClaim();
    for (long k = afterClaim; ; k++) {
      long now = k + 1;
      List<MetricsLog> newer = new ArrayList<>();
      List<Long> safe = new ArrayList<>(List.of(0L));
      MemoryFileSystem store =
          store(
              Faults.meanwhile(
                  operations -> operations.size() == now,
                  there -> {
                    long from = safe.get(safe.size() - 1);
                    newer.add(open(there, claim(there), from));
                    append(newer.get(0), 2, from + 1, from + 1);
                    newer.get(0).sync();
                  }));
      try (MetricsLog lost = open(store, claim(store), 0)) {
        for (long save = 1; save <= 4; save++) {
          append(lost, 1, 2 * save - 1, 2 * save);
          lost.sync();
          safe.add(2 * save);
        }
      } catch (FencedException asItShouldBe) {
        assertThat(newer).hasSize(1);
      }
      if (newer.isEmpty()) {
        return;
      }
      long from = through(read(store), 2) - 1;
      List<String> expected = new ArrayList<>(lines(1, 1, from));
      expected.add(line(2, from + 1));
      assertThat(read(store)).as("operation %d", k).isEqualTo(expected);
      newer.get(0).close();
      assertThat(read(store)).as("operation %d", k).isEqualTo(expected);
      assertThat(parts(store)).as("operation %d", k).isEmpty();
    }
  }

  private static long operationsOfAClaim() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    claim(store);
    return store.faults().operations().size();
  }

  /** The update of the only line of an attempt. */
  private static long through(List<String> lines, int attempt) {
    String end = "\"attempt\":" + attempt + "}";
    return lines.stream()
        .filter(line -> line.endsWith(end))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D*(\\d+),.*", "$1")))
        .findFirst()
        .orElseThrow();
  }

  private static void storeLate(MemoryFileSystem store, AttemptClaim lost, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    MetricsParts.in(new WholeFiles(store.place(ROOT)))
        .replace(
            new MetricsParts.Part(MetricsParts.Writer.of(Optional.of(lost)), 0, bytes.length)
                .name(),
            out -> out.write(bytes));
  }

  /** The page of a run that goes on is such a reader. */
  @Test
  void whoReadsWhilePartsAreTakenInFindsEachLineOnce() throws IOException {
    for (boolean ends : new boolean[] {false, true}) {
      MemoryFileSystem store = store(Faults.none());
      MetricsLog log = open(store, claim(store), 0);
      append(log, 1, 1, 8);
      log.sync();
      append(log, 1, 9, 10);
      log.sync();
      WholeFiles files = new WholeFiles(store.place(ROOT));
      try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow()) {
        byte[] first = in.readNBytes(20);
        append(log, 1, 11, 40);
        log.sync();
        if (ends) {
          log.close();
        }
        String rest = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        assertThat((new String(first, StandardCharsets.UTF_8) + rest).lines())
            .isEqualTo(lines(1, 1, 40));
      }
      if (!ends) {
        log.close();
      }
    }
  }

  @Test
  void whoReadsWhileAnotherAttemptBeginsIsTold() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    MetricsLog lost = open(store, claim(store), 0);
    append(lost, 1, 1, 8);
    lost.sync();
    append(lost, 1, 9, 10);
    lost.sync();
    WholeFiles files = new WholeFiles(store.place(ROOT));
    try (InputStream in = MetricsParts.open(files, "metrics.jsonl").orElseThrow();
        MetricsLog newer = open(store, claim(store), 3)) {
      append(newer, 2, 4, 30);
      newer.sync();
      assertThatThrownBy(in::readAllBytes).hasMessageContaining("another attempt's");
    }
  }

  @Test
  void whereAnAttemptBeginsAnewNothingOfTheOldOneIsLeft() throws IOException {
    MemoryFileSystem store = store(Faults.none());
    MetricsLog killed = open(store, claim(store), 0);
    for (int save = 0; save < 5; save++) {
      append(killed, 1, save + 1, save + 1);
      killed.sync();
    }
    assertThat(parts(store)).hasSizeGreaterThan(1);
    MemoryFileSystem found = store.afterProcessDeath();
    try (MetricsLog next = open(found, claim(found), 0)) {
      assertThat(read(found)).isEmpty();
      append(next, 2, 1, 1);
    }
    assertThat(read(found)).containsExactly(line(2, 1));
  }

  /** Whatever operation is the last: what was safe is there, each line once, and goes on. */
  @Test
  void deathAtAnyOperationLosesNothingThatWasSafeAndRepeatsNothing() throws IOException {
    MemoryFileSystem whole = store(Faults.none());
    twoAttempts(whole, new ArrayList<>());
    int operations = whole.faults().operations().size();
    assertThat(operations).isGreaterThan(100);
    for (Faults.Kind kind : List.of(Faults.Kind.PROCESS_DIES, Faults.Kind.FAILS)) {
      for (int k = 0; k < operations; k++) {
        MemoryFileSystem store = store(Faults.at(kind, k));
        List<Long> safe = new ArrayList<>(List.of(0L));
        try {
          twoAttempts(store, safe);
        } catch (Faults.ProcessDied | IOException asAskedFor) {
          assertThat(kind == Faults.Kind.FAILS).isEqualTo(asAskedFor instanceof IOException);
        }
        String where = kind + " at " + k + ", " + store.faults().operations().get(k);
        requireGoesOn(store.afterPowerLoss(), safe.get(safe.size() - 1), where);
      }
    }
  }

  private void requireGoesOn(MemoryFileSystem found, long safe, String where) throws IOException {
    try (MetricsLog next = open(found, claim(found), safe)) {
      append(next, 3, safe + 1, safe + 2);
      next.sync();
      requireEachOnce(read(found), safe + 2, where);
    }
    requireEachOnce(read(found), safe + 2, where);
    assertThat(parts(found)).as(where).isEmpty();
    try (Stream<Path> left = Files.list(temp)) {
      left.forEach(file -> assertThat(file.toFile().delete()).isTrue());
    }
  }

  private static void requireEachOnce(List<String> lines, long last, String where) {
    assertThat(lines.stream().map(line -> line.replaceAll(",.*", "")))
        .as(where)
        .containsExactlyElementsOf(
            LongStream.rangeClosed(1, last).mapToObj(n -> "{\"update\":" + n).toList());
  }

  /**
   * Saves six times, and goes on from the fourth.
   *
   * @param safe told each update that a checkpoint may be of from now on
   */
  private void twoAttempts(MemoryFileSystem store, List<Long> safe) throws IOException {
    try (MetricsLog log = open(store, claim(store), 0)) {
      for (long save = 1; save <= 6; save++) {
        append(log, 1, (save - 1) * UPDATES_PER_SAVE + 1, save * UPDATES_PER_SAVE);
        log.sync();
        safe.add(save * UPDATES_PER_SAVE);
      }
    }
    long from = 4 * UPDATES_PER_SAVE;
    safe.add(from);
    try (MetricsLog log = open(store, claim(store), from)) {
      for (long save = 5; save <= 9; save++) {
        append(log, 2, (save - 1) * UPDATES_PER_SAVE + 1, save * UPDATES_PER_SAVE);
        log.sync();
        safe.add(save * UPDATES_PER_SAVE);
      }
    }
  }
}
