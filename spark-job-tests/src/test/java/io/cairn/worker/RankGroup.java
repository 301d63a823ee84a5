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
import io.cairn.collective.schedules.Algorithm;
import io.cairn.collective.schedules.AlgorithmChoice;
import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout.Weights;
import io.cairn.data.MicroBatches;
import io.cairn.data.RankSampler;
import io.cairn.data.Shard;
import io.cairn.data.Window;
import io.cairn.plan.RunPosition;
import io.cairn.plan.ShardRange;
import io.cairn.plan.StagedPlan;
import io.cairn.replica.Replica;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * All ranks of an attempt as threads of this process, joined by the real ring over loopback,
 * running the real training step on real staged shards. What Spark does is left out; the launch
 * tests have that.
 */
final class RankGroup {

  private final WorkerSpec spec;
  private final List<byte[]> records;
  private final Path directory;
  private final Optional<Start> start;
  private UnaryOperator<AllReduce> wrapper = it -> it;
  private int bucketBytes = GradientBuckets.LONGEST_BYTES;

  /** What one rank saw. */
  record Rank(
      Replica replica,
      List<Integer> digests,
      List<UpdateResult> steps,
      List<List<MultiDataSet>> windows,
      RunPosition at,
      String selfCheck) {}

  RankGroup(WorkerSpec spec, List<byte[]> records, Path directory) {
    this(spec, records, directory, Optional.empty());
  }

  /**
   * A group that goes on.
   *
   * @param start from where, with the updates of {@code spec} still to be made
   */
  RankGroup(WorkerSpec spec, List<byte[]> records, Path directory, Optional<Start> start) {
    this.spec = spec;
    this.records = records;
    this.directory = directory;
    this.start = start;
  }

  /** Ranks train with what this makes of their all-reduce. */
  RankGroup wrapping(UnaryOperator<AllReduce> around) {
    wrapper = around;
    return this;
  }

  /** Gradient sums travel in buckets of at most so many bytes. */
  RankGroup bucketsOf(int bytes) {
    bucketBytes = bytes;
    return this;
  }

  /**
   * Where a group goes on.
   *
   * @param at the place
   * @param replica a replica that is there
   */
  record Start(RunPosition at, Replica replica) {}

  /** Runs all ranks to the end; the result is by rank. */
  List<Rank> train() throws Exception {
    int workers = spec.plan().workers();
    ExecutorService threads = Executors.newFixedThreadPool(workers);
    List<RingEndpoint> endpoints = new ArrayList<>();
    try {
      List<Member> members = new ArrayList<>();
      for (int rank = 0; rank < workers; rank++) {
        endpoints.add(
            RingEndpoint.bind(
                InetAddress.getLoopbackAddress(),
                Ports.ANY,
                Protection.TLS,
                HostShare.of(directory)));
        members.add(endpoints.get(rank).member(rank));
      }
      List<Future<Rank>> futures = new ArrayList<>();
      for (int rank = 0; rank < workers; rank++) {
        RingEndpoint endpoint = endpoints.get(rank);
        RingMembership membership =
            new RingMembership(
                spec.groupId(),
                rank,
                members,
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                choice(),
                () -> false);
        Callable<Rank> task = () -> rank(endpoint, membership);
        futures.add(threads.submit(task));
      }
      List<Rank> ranks = new ArrayList<>();
      for (Future<Rank> future : futures) {
        ranks.add(future.get());
      }
      return ranks;
    } finally {
      threads.shutdownNow();
      for (RingEndpoint endpoint : endpoints) {
        endpoint.close();
      }
    }
  }

  /** Small sums go by doubling, where nothing is rounded; where something may be, round a ring. */
  private AlgorithmChoice choice() {
    boolean mayRound =
        spec.collective().precision() == Precision.BF16
            && spec.data().layout().kind() == ElementKind.FLOAT32;
    return mayRound ? AlgorithmChoice.always(Algorithm.RING) : AlgorithmChoice.cheapest();
  }

  private Rank rank(RingEndpoint endpoint, RingMembership membership) throws Exception {
    int rank = membership.rank();
    ShardRange range = TestSpec.firstEpoch(spec).shard(rank);
    List<byte[]> own = records.subList((int) range.start(), (int) range.end());
    Path local = Files.createTempDirectory(directory, "rank");
    RunPosition at =
        start
            .map(Start::at)
            .orElse(RunPosition.start(spec.plan().first(), 0, 0, spec.data().trainExamples()));
    try (Shard shard =
            Shard.stage(own.iterator(), spec.data().layout(), spec.data().scaling(), local);
        AllReduce allReduce = wrapper.apply(endpoint.connect(membership))) {
      Replica replica =
          new Replica(
              spec.model(),
              UpdateSums.tailBytes(allReduce.worldSize(), Weights.RECORDED),
              spec.threads());
      if (start.isPresent()) {
        takeOver(start.get(), replica);
      }
      String selfCheck =
          spec.train().selfCheck() == SelfCheck.ON
              ? new SelfChecking(replica, shard, allReduce, spec, () -> 0).run(at.update() + 1)
              : "";
      StagedPlan plan = plan(replica, shard, allReduce, at.update() + 1);
      RankSampler sampler =
          RankSampler.from(at, plan, spec.train().seed(), rank, spec.train().updates());
      return train(replica, shard, allReduce, sampler, at, selfCheck);
    }
  }

  /** As the worker does it. */
  private StagedPlan plan(Replica replica, Shard shard, AllReduce allReduce, long update)
      throws InterruptedException {
    return switch (spec.asked().microSize()) {
      case GIVEN -> spec.plan();
      case PROBED ->
          StagedPlan.of(new MicroProbe(replica, shard, allReduce, spec).run(update).plan());
    };
  }

  private Rank train(
      Replica replica,
      Shard shard,
      AllReduce allReduce,
      RankSampler sampler,
      RunPosition from,
      String selfCheck)
      throws InterruptedException {
    RunPosition at = from;
    try (replica;
        MicroBatches batches = MicroBatches.start(shard, sampler, replica.threads())) {
      TrainingStep step = new TrainingStep(replica, batches, allReduce, spec, bucketBytes);
      List<Integer> digests = new ArrayList<>();
      List<UpdateResult> steps = new ArrayList<>();
      for (Optional<Window> next = batches.nextWindow();
          next.isPresent();
          next = batches.nextWindow()) {
        Window window = next.get();
        steps.add(step.run(at.update() + 1, window, ControlVotes.NONE, new UpdateClock()));
        digests.add(replica.state().parameterDigest());
        if (window.next().epoch() > window.cursor().epoch()) {
          replica.epochDone();
        }
        at = at.under(batches.plan()).after(window.next(), replica.iteration(), replica.epoch());
      }
      return new Rank(replica, digests, steps, windows(shard, sampler), at, selfCheck);
    }
  }

  private static void takeOver(Start start, Replica replica) throws IOException {
    replica
        .state()
        .overwrite(
            (parameters, updater) -> {
              copy(start.replica().state().parameterMemory(), parameters);
              copy(start.replica().state().updaterMemory(), updater);
            });
    replica.state().counts(start.at().iteration(), start.at().modelEpoch());
  }

  private static void copy(List<ByteBuffer> from, List<ByteBuffer> to) {
    for (int i = 0; i < from.size(); i++) {
      to.get(i).put(from.get(i));
    }
  }

  /** The same course once more, to see what each update was made of. */
  private static List<List<MultiDataSet>> windows(Shard shard, RankSampler sampler)
      throws InterruptedException {
    List<List<MultiDataSet>> windows = new ArrayList<>();
    try (MicroBatches batches = MicroBatches.start(shard, sampler)) {
      for (Optional<Window> next = batches.nextWindow();
          next.isPresent();
          next = batches.nextWindow()) {
        List<MultiDataSet> copies = new ArrayList<>();
        for (int i = 0; i < next.get().microBatches().size(); i++) {
          MultiDataSet batch = batches.next();
          MultiDataSet copy = batch.copy();
          copy.setExampleMetaData(batch.getExampleMetaData());
          copies.add(copy);
        }
        windows.add(copies);
      }
    }
    return windows;
  }

  /** The examples of all ranks, update by update. */
  static List<MultiDataSet> together(List<Rank> ranks) {
    List<MultiDataSet> updates = new ArrayList<>();
    for (int update = 0; update < ranks.get(0).windows().size(); update++) {
      List<MultiDataSet> parts = new ArrayList<>();
      for (Rank rank : ranks) {
        parts.addAll(rank.windows().get(update));
      }
      updates.add(PlainTraining.concatenated(parts));
    }
    return updates;
  }

  /** The rows of a matrix, to be compared as a bag. */
  static List<String> rows(INDArray features) {
    return Arrays.stream(features.toDoubleMatrix()).map(Arrays::toString).toList();
  }
}
