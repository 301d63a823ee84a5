/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.AllReduce;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.membership.Ports;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.control.DriverLine;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.data.MicroBatches;
import io.cairn.data.RankSampler;
import io.cairn.data.Shard;
import io.cairn.data.ValidationBatches;
import io.cairn.plan.ComputeThreads;
import io.cairn.plan.RunPosition;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.NativeThreads;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.Replica;
import io.cairn.settings.TrainSettings.SelfCheck;
import io.cairn.telemetry.MetricsJson;
import io.cairn.telemetry.MetricsSink;
import io.cairn.telemetry.PlanMetrics;
import io.cairn.telemetry.RunNote;
import io.cairn.telemetry.StartPhase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that a barrier task does, in order. What it opens is closed in reverse order, whatever
 * happens.
 *
 * <p>Threading: the task's thread, from the first array to the last.
 *
 * <p>Failure: any exception fails the task, and with it the attempt on every rank.
 */
public final class WorkerTask {

  private static final Logger LOG = LoggerFactory.getLogger(WorkerTask.class);

  /** With which it is tried whether passes side by side are those of one thread. */
  private static final int TRIED_EXAMPLES = 4;

  private WorkerTask() {}

  /**
   * Runs one rank of an attempt inside a Spark barrier task.
   *
   * @param spec the same for every rank
   * @param train this rank's training records, unscaled
   * @param validation this rank's validation records, unscaled
   * @return one line, a {@link RankReport}
   */
  public static Iterator<String> run(
      WorkerSpec spec, Iterator<byte[]> train, Iterator<byte[]> validation)
      throws IOException, InterruptedException {
    StartPhase.DEAL.over();
    Rendezvous rendezvous = Rendezvous.join(spec.plan().workers(), spec.checkpoints().channel());
    int rank = rendezvous.rank();
    Path local = rendezvous.localDirectory();
    long start = System.nanoTime();
    try (StopSignals signs =
            StopSignals.watch(rank, rendezvous.driver(), spec.checkpoints().stopWithinMs());
        RingEndpoint endpoint = endpoint(rendezvous, spec);
        Shard shard =
            Shard.stage(
                train,
                spec.data().layout(),
                spec.data().scaling(),
                spec.data().classWeights(),
                local);
        Shard held = Shard.stage(validation, spec.data().layout(), spec.data().scaling(), local)) {
      LOG.info(
          "rank {}: {} examples to train on and {} to validate with staged in {} s",
          rank,
          shard.size(),
          held.size(),
          (System.nanoTime() - start) / 1_000_000_000);
      StartPhase.STAGING.over();
      // Staging takes each rank its own time; only after it do they wait for each other.
      List<Member> members = rendezvous.meet(endpoint.member(rank));
      StartPhase.RENDEZVOUS.over();
      ComputeDevice device = ComputeDevice.bind(rendezvous.gpu());
      LOG.info("rank {} of {}: {}", rank, members.size(), device.description());
      ComputeThreads threads = threads(spec, rendezvous);
      LOG.info("rank {}: {}", rank, threads);
      if (rank == 0) {
        tellHandicaps(rendezvous.driver(), spec.checkpoints().fromUpdate() + 1);
      }
      StartPhase.DEVICE.over();
      try (AllReduce allReduce = endpoint.connect(membership(rendezvous, members, spec));
          NativeThreads alone = NativeThreads.one()) {
        StartPhase.CONNECTION.over();
        RankReport report =
            train(
                spec,
                threads,
                allReduce,
                shard,
                held,
                local,
                new Surroundings(
                    hosts(members), rendezvous.driver(), signs::wish, System::nanoTime));
        return List.of(report.write()).iterator();
      }
    }
  }

  private static List<String> hosts(List<Member> members) {
    return members.stream().map(member -> member.address().getHostString()).toList();
  }

  private static ComputeThreads threads(WorkerSpec spec, Rendezvous rendezvous) {
    int cores = rendezvous.gpu().isPresent() ? 1 : rendezvous.cores();
    return ComputeThreads.of(
        spec.askedThreads(), Math.max(1, cores / NativeThreads.each()), spec.asked());
  }

  private static void tellHandicaps(DriverLine driver, long update) {
    for (String handicap : ComputeDevice.handicaps()) {
      driver.progress(MetricsJson.write(new RunNote(update, 1, handicap)));
    }
  }

  /**
   * What a rank has around it.
   *
   * @param hosts where each rank is
   * @param driver hears from rank 0 how far it is
   * @param stop asked before each update whether this rank votes to stop after it
   * @param nanoTime what time it is
   */
  record Surroundings(
      List<String> hosts, DriverLine driver, Supplier<StopVote> stop, LongSupplier nanoTime) {}

  /**
   * What a rank does once it is connected: from where the run stands to its end, or to a stop.
   *
   * @param threads micro-batches that it computes side by side
   */
  static RankReport train(
      WorkerSpec spec,
      ComputeThreads threads,
      AllReduce allReduce,
      Shard shard,
      Shard held,
      Path local,
      Surroundings around)
      throws IOException, InterruptedException {
    // As long as it may be: only the model knows whether its loss counts more than examples.
    int tailBytes = UpdateSums.tailBytes(allReduce.worldSize(), Weights.RECORDED);
    try (Replica replica = new Replica(spec.model(), tailBytes, threads.number())) {
      return train(spec, replica, allReduce, shard, held, local, around);
    }
  }

  private static RankReport train(
      WorkerSpec spec,
      Replica replica,
      AllReduce allReduce,
      Shard shard,
      Shard held,
      Path local,
      Surroundings around)
      throws IOException, InterruptedException {
    int rank = allReduce.rank();
    RunPosition from = StateKeeper.start(replica, spec);
    StartPhase.REPLICA.over();
    LOG.info("rank {} goes on after update {}", rank, from.update());
    long updates = Math.max(0, spec.train().updates() - from.update());
    Optional<RunNote> checked = selfCheck(spec, replica, shard, allReduce, from);
    StartPhase.SELF_CHECK.over();
    Optional<RunNote> alone = trySideBySide(replica, shard, from);
    Optional<PlanMetrics> probed = probe(spec, replica, shard, allReduce, from);
    StagedPlan plan = probed.map(PlanMetrics::plan).map(StagedPlan::of).orElse(spec.plan());
    RankSampler sampler = RankSampler.from(from, plan, spec.train().seed(), rank, updates);
    TrainingLoop.End end;
    try (RunRecorder rank0 =
            rank == 0 ? RunRecorder.open(spec, around.driver(), from.update(), local) : null;
        MetricsSink written = rank0 == null ? MetricsSink.all(List.of()) : rank0.metrics();
        MicroBatches batches = MicroBatches.start(shard, sampler, replica.threads())) {
      AllGather gather = new AllGather(allReduce);
      TrainedTime time = TrainedTime.of(spec, gather, rank, from.update());
      MetricsSink metrics = rank == 0 ? MetricsSink.all(List.of(time, written)) : written;
      if (checked.isPresent()) {
        metrics.note(checked.get());
      }
      if (alone.isPresent()) {
        metrics.note(alone.get());
      }
      if (probed.isPresent()) {
        metrics.plan(probed.get());
      }
      TrainingStep step = new TrainingStep(replica, batches, allReduce, spec);
      Validation measure =
          new Validation(replica, allReduce, held, spec.data().validationExamples());
      StateKeeper states =
          new StateKeeper(
              replica,
              allReduce,
              Optional.ofNullable(rank0).map(RunRecorder::saving),
              new RoundedUpdates(spec));
      BestSoFar best = BestSoFar.of(spec, gather, rank, from.update());
      TrainingLoop.Watch watch = new TrainingLoop.Watch(spec.train().stop(), best, time);
      Gauges gauges = new Gauges(new RankTimes(around.hosts(), around.nanoTime()), metrics);
      if (rank == 0 && from.update() > 0) {
        gauges.goOn(spec, from.update());
        Optional<String> missing = time.missing(from.update());
        if (missing.isPresent()) {
          LOG.warn(missing.get());
          int epoch = Math.toIntExact(from.cursor().epoch() + 1);
          metrics.note(new RunNote(from.update() + 1, epoch, missing.get()));
        }
      }
      end =
          new TrainingLoop(
                  replica,
                  batches,
                  step,
                  measure,
                  metrics,
                  states,
                  around.stop(),
                  watch,
                  gauges,
                  around.nanoTime())
              .run(from);
      gauges.end(end.at().plan().effective());
      new RunEnding(spec, replica, gather, measure, metrics, Optional.ofNullable(rank0))
          .after(end, best, local);
    }
    return new RankReport(rank, end.at().update(), end.stop().orElse(""), end.early().orElse(""));
  }

  /** What the ranks' gradients are worth, as far as there are updates left to be made. */
  private static Optional<RunNote> selfCheck(
      WorkerSpec spec, Replica replica, Shard shard, AllReduce allReduce, RunPosition from)
      throws InterruptedException {
    if (spec.train().selfCheck() == SelfCheck.OFF || from.update() >= spec.train().updates()) {
      return Optional.empty();
    }
    long update = from.update() + 1;
    String found = new SelfChecking(replica, shard, allReduce, spec).run(update);
    int epoch = Math.toIntExact(from.cursor().epoch() + 1);
    return Optional.of(new RunNote(update, epoch, found));
  }

  /** Whether this rank has to compute one micro-batch at a time, and why. */
  private static Optional<RunNote> trySideBySide(Replica replica, Shard shard, RunPosition from)
      throws InterruptedException {
    if (replica.threads() == 1 || shard.size() == 0) {
      return Optional.empty();
    }
    try (ValidationBatches few = ValidationBatches.start(shard, TRIED_EXAMPLES)) {
      MultiDataSet examples = few.next().orElseThrow();
      Optional<String> why =
          OffHeapMemory.fitting(
              () -> replica.trials().sideBySide(examples),
              reason -> {
                LOG.warn("passes side by side are not tried (compute.threads): {}", reason);
                return Optional.<String>empty();
              });
      int epoch = Math.toIntExact(from.cursor().epoch() + 1);
      why.ifPresent(
          text -> LOG.warn("one micro-batch is computed at a time (compute.threads): {}", text));
      return why.map(
          text ->
              new RunNote(
                  from.update() + 1,
                  epoch,
                  "rank 0 computes one micro-batch at a time (compute.threads): " + text));
    }
  }

  /** The plan that the ranks find together, where that is left to them. */
  private static Optional<PlanMetrics> probe(
      WorkerSpec spec, Replica replica, Shard shard, AllReduce allReduce, RunPosition from)
      throws InterruptedException {
    return switch (spec.asked().microSize()) {
      case GIVEN -> Optional.empty();
      case PROBED -> {
        long update = from.update() + 1;
        MicroProbe.Found found = new MicroProbe(replica, shard, allReduce, spec).run(update);
        int epoch = Math.toIntExact(from.cursor().epoch() + 1);
        yield Optional.of(new PlanMetrics(update, epoch, found.plan(), found.reason()));
      }
    };
  }

  private static RingMembership membership(
      Rendezvous rendezvous, List<Member> members, WorkerSpec spec) {
    Duration timeout = spec.collective().timeout();
    return new RingMembership(
        spec.groupId(), rendezvous.rank(), members, timeout, timeout, rendezvous::isCancelled);
  }

  private static RingEndpoint endpoint(Rendezvous rendezvous, WorkerSpec spec) throws IOException {
    Optional<HostShare> share =
        switch (spec.collective().sharedMemory()) {
          case ON -> HostShare.of(rendezvous.localDirectory());
          case OFF -> Optional.empty();
        };
    return RingEndpoint.bind(
        rendezvous.address(),
        new Ports(spec.collective().ports().first(), spec.collective().ports().last()),
        protection(spec),
        share);
  }

  private static Protection protection(WorkerSpec spec) {
    return switch (spec.collective().encryption()) {
      case ON -> Protection.TLS;
      case OFF -> {
        LOG.warn(
            "collective.encryption = off: whoever reaches this host's ports can read and change"
                + " what the workers exchange");
        yield Protection.PLAIN;
      }
    };
  }
}
