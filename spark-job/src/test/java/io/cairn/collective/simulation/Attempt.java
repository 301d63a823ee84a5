/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.Buffers;
import io.cairn.collective.ElementType;
import io.cairn.collective.group.GroupAllReduce;
import io.cairn.collective.group.GroupOptions;
import io.cairn.collective.schedules.AlgorithmChoice;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One group from its first sum to its end, whatever that is: connections are new, each rank sums
 * update after update and compares, and what was injected happens.
 *
 * <p>Made for one run. Threading: one thread calls; ranks have those that they are given.
 */
final class Attempt {

  /** Far more than any deadline and any schedule. */
  private static final long LIMIT_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static final long REAL_LIMIT_SECONDS = 60;
  private static final long ANOTHER = 1000;
  private static final int BACK_CAPACITY = 8192;

  private final Setup setup;
  private final long seed;
  private final long number;
  private final List<Injection> injections;
  private final Random random;
  private final Baton baton;
  private final Map<Injection, Long> happened = new LinkedHashMap<>();
  private final List<RightSums> verdicts = new ArrayList<>();

  Attempt(Setup setup, long seed, long number, List<Injection> injections) {
    this.setup = setup;
    this.seed = seed;
    this.number = number;
    this.injections = injections;
    this.random = new Random(seed);
    this.baton = new Baton(random, LIMIT_NANOS);
  }

  Setup setup() {
    return setup;
  }

  Baton baton() {
    return baton;
  }

  /** Something that was injected happens now. */
  void happened(Injection injection) {
    happened.putIfAbsent(injection, baton.now());
  }

  List<Injection.OnRank> mishapsOf(int rank) {
    return injections.stream()
        .filter(Injection.OnRank.class::isInstance)
        .map(Injection.OnRank.class::cast)
        .filter(mishap -> mishap.rank() == rank)
        .toList();
  }

  /** Runs it, in which the connections bring {@code older}'s bytes first where that is injected. */
  Outcome run(ExecutorService threads, List<SimulatedConnection> older) {
    List<SimulatedConnection> connections = connections();
    for (int i = 0; i < connections.size(); i++) {
      SimulatedConnection connection = connections.get(i);
      Injection stale = new Injection.Stale(connection.sender(), connection.receiver());
      if (injections.contains(stale) && !older.get(i).there().history().isEmpty()) {
        happened(stale);
        connection.there().mislead(older.get(i).there().history());
      }
    }
    List<SimulatedLink> links = new ArrayList<>();
    List<Future<Outcome.OfRank>> running = new ArrayList<>();
    Map<Integer, ByteBuffer> firstReturned = new HashMap<>();
    for (int rank = 0; rank < setup.worldSize(); rank++) {
      verdicts.add(new RightSums(setup, firstReturned));
      Actor actor = baton.join();
      SimulatedLink link = new SimulatedLink(rank, actor, this, connections, random);
      links.add(link);
      running.add(threads.submit(() -> play(actor, link)));
    }
    baton.start();
    List<Outcome.OfRank> ranks = new ArrayList<>();
    try {
      for (Future<Outcome.OfRank> rank : running) {
        ranks.add(rank.get(REAL_LIMIT_SECONDS, TimeUnit.SECONDS));
      }
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the simulation itself did not come to an end", e);
    }
    return new Outcome(
        ranks,
        baton.ranOut(),
        happened,
        connections,
        links.stream().map(SimulatedLink::calls).toList(),
        links.stream().mapToInt(SimulatedLink::overslept).sum());
  }

  private List<SimulatedConnection> connections() {
    List<SimulatedConnection> connections = new ArrayList<>();
    for (int sender = 0; sender < setup.worldSize(); sender++) {
      for (int receiver : AlgorithmChoice.targets(setup.worldSize(), sender)) {
        // The same in each attempt, and without changing what else is drawn.
        boolean isProtected =
            setup.streams() == Setup.Streams.MIXED && (seed + sender + receiver) % 3 != 0;
        SimulatedStream there =
            stream(
                sender,
                receiver,
                Injection.Direction.THERE,
                setup.conditions().capacity(),
                isProtected);
        SimulatedStream back =
            stream(sender, receiver, Injection.Direction.BACK, BACK_CAPACITY, isProtected);
        connections.add(new SimulatedConnection(sender, receiver, there, back));
      }
    }
    return connections;
  }

  private SimulatedStream stream(
      int sender, int receiver, Injection.Direction direction, int capacity, boolean isProtected) {
    Map<Integer, Injection.OnStream> tamperings = new HashMap<>();
    for (Injection injection : injections) {
      if (injection instanceof Injection.OnStream on
          && on.from() == sender
          && on.to() == receiver
          && on.direction() == direction) {
        tamperings.put(on.piece(), on);
      }
    }
    return new SimulatedStream(
        baton, random, setup.conditions(), tamperings, this::happened, capacity, isProtected);
  }

  private Outcome.OfRank play(Actor actor, SimulatedLink link) {
    int rank = link.self().rank();
    int completed = 0;
    Throwable failure = null;
    long endedNanos;
    actor.begin();
    try (AllReduce group = new GroupAllReduce(link, options(rank, link))) {
      for (int update = 1; update <= setup.updates(); update++) {
        sum(group, update);
        completed = update;
      }
    } catch (Actor.Gone | AssertionError | RuntimeException e) {
      failure = e;
    } finally {
      Thread.interrupted();
      endedNanos = baton.now();
      actor.end();
    }
    return new Outcome.OfRank(completed, failure, endedNanos);
  }

  private GroupOptions options(int rank, SimulatedLink link) {
    return new GroupOptions(
        astray(rank, 1, Injection.Detour.GROUP) ? ANOTHER : number,
        setup.worldSize(),
        rank,
        setup.segmentBytes(),
        Duration.ofNanos(setup.timeoutNanos()),
        AlgorithmChoice.always(setup.algorithm()),
        link::cancelled,
        baton::now);
  }

  /** Whether a rank leaves the way here; asked only where it does so if it is meant to. */
  private boolean astray(int rank, int update, Injection.Detour detour) {
    Injection astray = new Injection.Astray(rank, update, detour);
    boolean is = injections.contains(astray);
    if (is) {
      happened(astray);
    }
    return is;
  }

  private void sum(AllReduce group, int update) {
    int rank = group.rank();
    BufferLayout layout = setup.layout(update);
    if (astray(rank, update, Injection.Detour.LAYOUT)) {
      List<Section> sections = new ArrayList<>();
      layout.sections().forEach(it -> sections.add(new Section(it.type(), it.count())));
      sections.add(new Section(ElementType.INT64, 1));
      layout = new BufferLayout(sections);
    }
    // Another sum in every update and attempt, so that a stale one shows.
    long factor = update + 5 * number;
    ByteBuffer buffer = Buffers.ramp(layout, (rank + 1) * factor);
    long name = setup.updateOf(update);
    group.sum(astray(rank, update, Injection.Detour.UPDATE) ? name + 1 : name, buffer, layout);
    long ranks = setup.worldSize() * (setup.worldSize() + 1L) / 2;
    verdicts
        .get(rank)
        .fault(update, layout, Buffers.ramp(layout, ranks * factor), buffer)
        .ifPresent(
            fault -> {
              throw new AssertionError(
                  "rank " + rank + " returned a wrong sum of update " + update + ", " + fault);
            });
  }
}
