/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.CheckpointStore;
import io.cairn.checkpoint.Claimant;
import io.cairn.checkpoint.Retention;
import io.cairn.checkpoint.RunDirectory;
import io.cairn.collective.AllReduce;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.AlgorithmChoice;
import io.cairn.control.DriverLine;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.ComputeThreads;
import io.cairn.plan.ShardRange;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * A run whose ranks are threads of this process: all that a worker does once it is connected, with
 * the loop, validations, checkpoints and the model at the end, over the real ring.
 */
final class LoopRun {

  private static final Retention KEEP_ALL = new Retention(1000, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path output;
  private final ExampleLayout layout;
  private final StagedPlan plan;
  private final List<byte[]> records;
  private final long updates;
  private IntFunction<byte[]> archive;
  private List<byte[]> held = List.of();
  private int everyUpdates = 1000;
  private Precision precision = Precision.EXACT;
  private OnNonFinite onNonFinite = OnNonFinite.FAIL;
  private SelfCheck selfCheck = SelfCheck.OFF;
  private StopRule stop = StopRule.NONE;
  private int attempt;
  private UnaryOperator<AllReduce> wrapper = it -> it;
  private IntFunction<LongSupplier> clock = rank -> System::nanoTime;
  private final List<String> told = new CopyOnWriteArrayList<>();

  /**
   * @param output the run's folder
   * @param archive the initial model
   */
  LoopRun(
      Path output,
      ExampleLayout layout,
      BatchPlan plan,
      List<byte[]> records,
      long updates,
      byte[] archive) {
    this(output, layout, StagedPlan.of(plan), records, updates, archive);
  }

  /** The same with steps that change. */
  LoopRun(
      Path output,
      ExampleLayout layout,
      StagedPlan plan,
      List<byte[]> records,
      long updates,
      byte[] archive) {
    this.output = output;
    this.layout = layout;
    this.plan = plan;
    this.records = List.copyOf(records);
    this.updates = updates;
    this.archive = rank -> archive;
  }

  LoopRun validatingOn(List<byte[]> examples) {
    held = List.copyOf(examples);
    return this;
  }

  LoopRun savingEvery(int some) {
    everyUpdates = some;
    return this;
  }

  LoopRun summing(Precision how) {
    precision = how;
    return this;
  }

  LoopRun onNonFinite(OnNonFinite reaction) {
    onNonFinite = reaction;
    return this;
  }

  LoopRun selfCheck(SelfCheck wanted) {
    selfCheck = wanted;
    return this;
  }

  LoopRun stopping(StopRule rule) {
    stop = rule;
    return this;
  }

  /** Each rank has a clock of its own. */
  LoopRun clocks(IntFunction<LongSupplier> clockOfRank) {
    clock = clockOfRank;
    return this;
  }

  /** Ranks train with what this makes of their all-reduce. */
  LoopRun wrapping(UnaryOperator<AllReduce> around) {
    wrapper = around;
    return this;
  }

  /** Ranks begin with models of their own. */
  LoopRun beginningWith(IntFunction<byte[]> archiveOfRank) {
    archive = archiveOfRank;
    return this;
  }

  /** Runs all ranks to their end; the first failure, by rank, is thrown. */
  List<RankReport> train() throws Exception {
    return train(0, rank -> () -> StopVote.NONE);
  }

  /**
   * The same from a checkpoint on.
   *
   * @param from its update; 0 for the beginning
   * @param votes how each rank votes after each update
   */
  List<RankReport> train(long from, IntFunction<Supplier<StopVote>> votes) throws Exception {
    AttemptClaim claim =
        AttemptClaim.take(
            output.toString(), Map.of(), 0, new Claimant("here", "test", Instant.EPOCH));
    attempt = claim.attempt();
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
        WorkerSpec spec = spec(claim, from, archive.apply(rank));
        futures.add(
            threads.submit(() -> rank(own, spec, endpoints.get(own), members, votes.apply(own))));
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
      Supplier<StopVote> votes)
      throws Exception {
    AlgorithmChoice choice =
        precision == Precision.BF16
            ? AlgorithmChoice.always(Algorithm.RING)
            : AlgorithmChoice.cheapest();
    RingMembership membership =
        new RingMembership(spec.groupId(), rank, members, PATIENCE, PATIENCE, choice, () -> false);
    Path local = Files.createDirectories(output.resolveSibling("local-" + rank));
    try (Shard own = stage(records, rank, plan.workers(), local);
        Shard ownHeld = stage(held, rank, plan.workers(), local);
        AllReduce allReduce = wrapper.apply(endpoint.connect(membership))) {
      return WorkerTask.train(
          spec,
          ComputeThreads.of(spec.askedThreads(), 1, spec.asked()),
          allReduce,
          own,
          ownHeld,
          local,
          new WorkerTask.Surroundings(
              Collections.nCopies(plan.workers(), "here"),
              new Told(told),
              votes,
              clock.apply(rank)));
    }
  }

  private WorkerSpec spec(AttemptClaim claim, long from, byte[] model) {
    return new TestSpec(plan, records.size(), updates, layout, model)
        .held(held.size())
        .onNonFinite(onNonFinite)
        .selfCheck(selfCheck)
        .stopping(stop)
        .patience(PATIENCE)
        .plainConnections()
        .precision(precision)
        .savingEvery(everyUpdates)
        .keeping(output, claim, from)
        .build();
  }

  private Shard stage(List<byte[]> all, int rank, int workers, Path local) {
    ShardRange range = new ShardRange(rank, workers, all.size());
    return Shard.stage(
        all.subList((int) range.start(), (int) range.end()).iterator(),
        layout,
        Scaling.none(),
        local);
  }

  /** Lines of {@code metrics.jsonl} that have a field. */
  List<JsonNode> metrics(String with) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(output.resolve("metrics.jsonl"))) {
      JsonNode metrics = json.readTree(line);
      if (metrics.has(with)) {
        lines.add(metrics);
      }
    }
    return lines;
  }

  /** Updates of which there is a checkpoint. */
  /** What rank 0 has told the driver, JSON each. */
  List<String> told() {
    return told;
  }

  List<Long> checkpoints() throws IOException {
    return CheckpointStore.open(output.toString(), Map.of(), KEEP_ALL).updates();
  }

  /** The model at the end of the last attempt, as a user reads it. */
  MultiLayerNetwork model() throws IOException {
    RunDirectory.open(output.toString(), Map.of()).publishModel(attempt);
    return ModelSerializer.restoreMultiLayerNetwork(output.resolve("model.zip").toFile(), true);
  }

  /** All of these examples as one batch. */
  MultiDataSet batch(List<byte[]> examples) throws Exception {
    Path local = Files.createDirectories(output.resolveSibling("batch"));
    try (Shard shard = stage(examples, 0, 1, local);
        ValidationBatches batches = ValidationBatches.start(shard, examples.size())) {
      return batches.next().orElseThrow().copy();
    }
  }

  /** Keeps what a driver would be told; these ranks have met already. */
  private record Told(List<String> lines) implements DriverLine {
    @Override
    public List<String> gather(int rank, int ranks, String own, BooleanSupplier isCancelled) {
      throw new IllegalStateException("the ranks have met");
    }

    @Override
    public void progress(String line) {
      lines.add(line);
    }

    @Override
    public boolean isStopAsked() {
      return false;
    }

    @Override
    public void stopped(String reason) {}
  }
}
