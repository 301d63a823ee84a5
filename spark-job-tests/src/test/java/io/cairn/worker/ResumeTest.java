/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.ModelSource;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run that stops, goes on, fails and goes on again leaves the bytes of one that does not: what a
 * worker does once it is connected, on real rings, shards and checkpoints.
 */
class ResumeTest {

  private static final int EXAMPLES = 101;
  private static final int HELD = 20;
  private static final long UPDATES = 24;

  @TempDir Path directory;

  static Stream<Arguments> groups() {
    return Stream.of(
        Arguments.of(Models.DENSE, 1, ElementKind.FLOAT32),
        Arguments.of(Models.DENSE, 3, ElementKind.FLOAT64),
        Arguments.of(Models.CONVOLUTIONAL, 2, ElementKind.FLOAT32),
        Arguments.of(Models.LSTM_MASKED, 2, ElementKind.FLOAT32),
        Arguments.of(Models.GRAPH, 3, ElementKind.FLOAT32));
  }

  @ParameterizedTest(name = "{0} workers={1} {2}")
  @MethodSource("groups")
  void stoppedAndBrokenRunEndsWithTheBytesOfAnUndisturbedOne(
      Models model, int workers, ElementKind kind) throws Exception {
    LoopRun undisturbed = run(model, kind, workers, "undisturbed");
    assertThat(undisturbed.train())
        .hasSize(workers)
        .allMatch(report -> report.update() == UPDATES && report.stopped().isEmpty());

    LoopRun disturbed = run(model, kind, workers, "disturbed");
    int last = workers - 1;
    assertThat(disturbed.train(0, rank -> stopAfter(rank == last ? 8 : -1)))
        .contains(new RankReport(last, 8, "rank " + last + "'s process was told to end", ""));
    assertThatThrownBy(() -> disturbed.train(8, rank -> failIn(rank == last ? 9 : -1)))
        .isInstanceOf(ExecutionException.class);
    long saved = newestCheckpoint(disturbed);
    assertThat(saved).isBetween(8L, 16L);
    assertThat(disturbed.train(saved, rank -> () -> StopVote.NONE))
        .contains(new RankReport(last, UPDATES, "", ""));

    for (String file : List.of("parameters.bin", "updater.bin", "position.json")) {
      String place = "checkpoints/update-%012d/%s".formatted(UPDATES, file);
      assertThat(output("disturbed").resolve(place))
          .hasSameBinaryContentAs(output("undisturbed").resolve(place));
    }
    assertThat(metrics("disturbed")).isEqualTo(metrics("undisturbed"));
  }

  /** A checkpoint is due every three updates: nothing is left over in the ninth. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void roundedRunThatGoesOnFromADueCheckpointEndsWithTheBytesOfAnUndisturbedOne(int workers)
      throws Exception {
    LoopRun undisturbed =
        run(Models.DENSE, ElementKind.FLOAT32, workers, "undisturbed").summing(Precision.BF16);
    undisturbed.train();
    LoopRun exact = run(Models.DENSE, ElementKind.FLOAT32, workers, "exact");
    exact.train();

    LoopRun disturbed =
        run(Models.DENSE, ElementKind.FLOAT32, workers, "disturbed").summing(Precision.BF16);
    disturbed.train(0, rank -> stopAfter(rank == 0 ? 9 : -1));
    assertThatThrownBy(() -> disturbed.train(9, rank -> failIn(rank == 1 ? 9 : -1)))
        .isInstanceOf(ExecutionException.class);
    long saved = newestCheckpoint(disturbed);
    assertThat(saved % 3).as("update %d of a checkpoint", saved).isZero();
    disturbed.train(saved, rank -> () -> StopVote.NONE);

    String last = "checkpoints/update-%012d/parameters.bin".formatted(UPDATES);
    assertThat(output("disturbed").resolve(last))
        .hasSameBinaryContentAs(output("undisturbed").resolve(last));
    assertThat(Files.mismatch(output("exact").resolve(last), output("undisturbed").resolve(last)))
        .as("rounding makes a difference")
        .isNotNegative();
  }

  /**
   * The sum of the update in which a run stops takes along what rounding has left over: a stop in
   * the first update is all that a run of exact sums would have made of it.
   */
  @Test
  void aStopThatWasNotPlannedLeavesNothingOver() throws Exception {
    LoopRun exact = run(Models.DENSE, ElementKind.FLOAT32, 3, "exact");
    exact.train(0, rank -> stopAfter(rank == 2 ? 1 : -1));
    LoopRun rounded = run(Models.DENSE, ElementKind.FLOAT32, 3, "rounded").summing(Precision.BF16);
    rounded.train(0, rank -> stopAfter(rank == 2 ? 1 : -1));
    List<RankReport> reports = rounded.train(1, rank -> () -> StopVote.NONE);
    assertThat(reports).allMatch(report -> report.update() == UPDATES);
    String first = "checkpoints/update-%012d/updater.bin".formatted(1);
    float[] expected = floats(output("exact").resolve(first));
    float[] actual = floats(output("rounded").resolve(first));
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      // Half of a unit in bf16's last place would be 2e-3.
      assertThat(actual[i])
          .as("number %d of the updater's state", i)
          .isCloseTo(expected[i], offset(1e-4f * Math.abs(expected[i]) + 1e-7f));
    }
  }

  private static float[] floats(Path file) throws IOException {
    FloatBuffer numbers =
        ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder()).asFloatBuffer();
    float[] all = new float[numbers.remaining()];
    numbers.get(all);
    return all;
  }

  /** Votes to stop after an update of the attempt, counted from 1. */
  private static Supplier<StopVote> stopAfter(int update) {
    int[] asked = {0};
    return () -> ++asked[0] == update ? StopVote.PROCESS : StopVote.NONE;
  }

  /** Fails in an update of the attempt, counted from 1. */
  private static Supplier<StopVote> failIn(int update) {
    int[] asked = {0};
    return () -> {
      if (++asked[0] == update) {
        throw new IllegalStateException("broken here");
      }
      return StopVote.NONE;
    };
  }

  private LoopRun run(Models model, ElementKind kind, int workers, String name) {
    ExampleLayout layout = model.layout(kind);
    byte[] configuration = model.configuration(kind, Models.Optimizer.ADAM_SCHEDULE_DECAY);
    return new LoopRun(
            output(name),
            layout,
            new BatchPlan(workers, 4, 2),
            Records.random(layout, EXAMPLES, 3),
            UPDATES,
            ModelSource.read("test.json", configuration, 5).archive())
        .validatingOn(Records.random(layout, HELD, 4))
        .selfCheck(SelfCheck.ON)
        .savingEvery(3);
  }

  private Path output(String name) {
    return directory.resolve(name);
  }

  /** Saves do not hold training up, so which one is the newest is a matter of time. */
  private static long newestCheckpoint(LoopRun run) throws IOException {
    return Collections.max(run.checkpoints());
  }

  /** Without measurements of time. */
  private List<String> metrics(String name) throws IOException {
    return Files.readAllLines(output(name).resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceFirst(",\"(examplesPerSecond|atMs)\".*", ""))
        .toList();
  }
}
