/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.Retention;
import io.cairn.collective.AllReduce;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.AlgorithmChoice;
import io.cairn.control.DriverLine;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.data.Shard;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.ShardRange;
import io.cairn.replica.ModelSource;
import io.cairn.settings.CollectiveSettings.Precision;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
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
  private static final Retention KEEP_ALL = new Retention(100, 0);

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
    Run undisturbed = new Run(model, kind, workers, "undisturbed");
    assertThat(undisturbed.attempt(0, rank -> () -> StopVote.NONE))
        .hasSize(workers)
        .allMatch(report -> report.update() == UPDATES && report.stopped().isEmpty());

    Run disturbed = new Run(model, kind, workers, "disturbed");
    int last = workers - 1;
    assertThat(disturbed.attempt(0, rank -> stopAfter(rank == last ? 8 : -1)))
        .contains(new RankReport(last, 8, "rank " + last + "'s process was told to end"));
    assertThatThrownBy(() -> disturbed.attempt(8, rank -> failIn(rank == last ? 9 : -1)))
        .isInstanceOf(ExecutionException.class);
    long saved = disturbed.newestCheckpoint();
    assertThat(saved).isBetween(8L, 16L);
    assertThat(disturbed.attempt(saved, rank -> () -> StopVote.NONE))
        .contains(new RankReport(last, UPDATES, ""));

    for (String file : List.of("parameters.bin", "updater.bin", "position.json")) {
      String place = "checkpoints/update-%012d/%s".formatted(UPDATES, file);
      assertThat(disturbed.output.resolve(place))
          .hasSameBinaryContentAs(undisturbed.output.resolve(place));
    }
    assertThat(disturbed.metrics()).isEqualTo(undisturbed.metrics());
  }

  /** A checkpoint is due every three updates: nothing is left over in the ninth. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void roundedRunThatGoesOnFromADueCheckpointEndsWithTheBytesOfAnUndisturbedOne(int workers)
      throws Exception {
    Run undisturbed =
        new Run(Models.DENSE, ElementKind.FLOAT32, workers, "undisturbed", Precision.BF16);
    undisturbed.attempt(0, rank -> () -> StopVote.NONE);
    Run exact = new Run(Models.DENSE, ElementKind.FLOAT32, workers, "exact");
    exact.attempt(0, rank -> () -> StopVote.NONE);

    Run disturbed =
        new Run(Models.DENSE, ElementKind.FLOAT32, workers, "disturbed", Precision.BF16);
    disturbed.attempt(0, rank -> stopAfter(rank == 0 ? 9 : -1));
    assertThatThrownBy(() -> disturbed.attempt(9, rank -> failIn(rank == 1 ? 9 : -1)))
        .isInstanceOf(ExecutionException.class);
    long saved = disturbed.newestCheckpoint();
    assertThat(saved % 3).as("update %d of a checkpoint", saved).isZero();
    disturbed.attempt(saved, rank -> () -> StopVote.NONE);

    String last = "checkpoints/update-%012d/parameters.bin".formatted(UPDATES);
    assertThat(disturbed.output.resolve(last))
        .hasSameBinaryContentAs(undisturbed.output.resolve(last));
    assertThat(Files.mismatch(exact.output.resolve(last), undisturbed.output.resolve(last)))
        .as("rounding makes a difference")
        .isNotNegative();
  }

  /**
   * The sum of the update in which a run stops takes along what rounding has left over: a stop in
   * the first update is all that a run of exact sums would have made of it.
   */
  @Test
  void aStopThatWasNotPlannedLeavesNothingOver() throws Exception {
    Run exact = new Run(Models.DENSE, ElementKind.FLOAT32, 3, "exact");
    exact.attempt(0, rank -> stopAfter(rank == 2 ? 1 : -1));
    Run rounded = new Run(Models.DENSE, ElementKind.FLOAT32, 3, "rounded", Precision.BF16);
    rounded.attempt(0, rank -> stopAfter(rank == 2 ? 1 : -1));
    List<RankReport> reports = rounded.attempt(1, rank -> () -> StopVote.NONE);
    assertThat(reports).allMatch(report -> report.update() == UPDATES);
    String first = "checkpoints/update-%012d/updater.bin".formatted(1);
    float[] expected = floats(exact.output.resolve(first));
    float[] actual = floats(rounded.output.resolve(first));
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

  /** A run's ranks, as threads. */
  private final class Run {
    private final Path output;
    private final BatchPlan plan;
    private final ExampleLayout layout;
    private final byte[] archive;
    private final List<byte[]> train;
    private final List<byte[]> held;
    private final Precision precision;

    Run(Models model, ElementKind kind, int workers, String name) {
      this(model, kind, workers, name, Precision.EXACT);
    }

    Run(Models model, ElementKind kind, int workers, String name, Precision precision) {
      this.precision = precision;
      output = directory.resolve(name);
      plan = new BatchPlan(workers, 4, 2);
      layout = model.layout(kind);
      byte[] configuration = model.configuration(kind, Models.Optimizer.ADAM_SCHEDULE_DECAY);
      archive = ModelSource.read("test.json", configuration, 5).archive();
      train = Records.random(layout, EXAMPLES, 3);
      held = Records.random(layout, HELD, 4);
    }

    /** Runs all ranks to their end; any failure is thrown. */
    List<RankReport> attempt(long fromUpdate, Function<Integer, Supplier<StopVote>> wish)
        throws Exception {
      Claimant here = new Claimant("here", "test", Instant.EPOCH);
      AttemptClaim claim = AttemptClaim.take(output.toString(), Map.of(), 0, here);
      WorkerSpec spec = spec(claim, fromUpdate);
      ExecutorService threads = Executors.newFixedThreadPool(plan.workers());
      List<RingEndpoint> endpoints = new ArrayList<>();
      try {
        List<Member> members = new ArrayList<>();
        for (int rank = 0; rank < plan.workers(); rank++) {
          endpoints.add(RingEndpoint.bind(InetAddress.getLoopbackAddress(), Protection.PLAIN));
          members.add(endpoints.get(rank).member(rank));
        }
        List<Future<RankReport>> futures = new ArrayList<>();
        for (int rank = 0; rank < plan.workers(); rank++) {
          int own = rank;
          futures.add(
              threads.submit(() -> rank(own, spec, endpoints.get(own), members, wish.apply(own))));
        }
        List<RankReport> reports = new ArrayList<>();
        for (Future<RankReport> future : futures) {
          reports.add(future.get());
        }
        return reports;
      } finally {
        threads.shutdownNow();
        for (RingEndpoint endpoint : endpoints) {
          endpoint.close();
        }
      }
    }

    private RankReport rank(
        int rank,
        WorkerSpec spec,
        RingEndpoint endpoint,
        List<Member> members,
        Supplier<StopVote> wish)
        throws Exception {
      Path local = Files.createTempDirectory(directory, "rank");
      Duration patience = Duration.ofSeconds(60);
      RingMembership membership =
          new RingMembership(
              spec.token(), rank, members, patience, patience, choice(), () -> false);
      try (Shard shard = stage(train, rank, local);
          Shard validation = stage(held, rank, local);
          AllReduce allReduce = endpoint.connect(membership)) {
        return WorkerTask.train(spec, allReduce, shard, validation, local, DriverLine.none(), wish);
      }
    }

    /** Small sums go by doubling, where nothing is rounded. */
    private AlgorithmChoice choice() {
      return switch (precision) {
        case EXACT -> AlgorithmChoice.cheapest();
        case BF16 -> AlgorithmChoice.always(Algorithm.RING);
      };
    }

    private Shard stage(List<byte[]> records, int rank, Path local) {
      ShardRange range = new ShardRange(rank, plan.workers(), records.size());
      List<byte[]> own = records.subList((int) range.start(), (int) range.end());
      return Shard.stage(own.iterator(), layout, Scaling.none(), local);
    }

    /** Saves do not hold training up, so which one is the newest is a matter of time. */
    private long newestCheckpoint() throws Exception {
      return CheckpointStore.open(output.toString(), Map.of(), KEEP_ALL).updates().stream()
          .reduce(0L, Math::max);
    }

    private WorkerSpec spec(AttemptClaim claim, long fromUpdate) {
      return new TestSpec(plan, EXAMPLES, UPDATES, layout, archive)
          .held(HELD)
          .patience(Duration.ofSeconds(60))
          .plainConnections()
          .precision(precision)
          .savingEvery(3)
          .keeping(output, claim, fromUpdate)
          .build();
    }

    /** Without measurements of time. */
    private List<String> metrics() throws Exception {
      return Files.readAllLines(output.resolve("metrics.jsonl")).stream()
          .map(line -> line.replaceFirst(",\"examplesPerSecond\".*", ""))
          .toList();
    }
  }
}
