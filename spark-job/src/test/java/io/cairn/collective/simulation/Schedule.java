/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.simulation.Injection.Astray;
import io.cairn.collective.simulation.Injection.Detour;
import io.cairn.collective.simulation.Injection.Direction;
import io.cairn.collective.simulation.Injection.Mishap;
import io.cairn.collective.simulation.Injection.OnRank;
import io.cairn.collective.simulation.Injection.OnStream;
import io.cairn.collective.simulation.Injection.Stale;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;

/**
 * All that a seed stands for: a first attempt in which nothing goes wrong, a second in which
 * something does, and a third by restarted ranks, to which bytes of the second may still come. The
 * first one shows how many pieces and calls there are to choose places from.
 *
 * <p>Threading: one thread.
 */
public final class Schedule {

  private final long seed;
  private final Random random;
  private final Setup setup;

  Schedule(long seed, Setup.Streams streams) {
    this.seed = seed;
    this.random = new Random(seed);
    this.setup = Setup.draw(random, streams);
  }

  /** Runs it on as many threads as there are ranks. */
  void play(ExecutorService threads) {
    Outcome calm = new Attempt(setup, seed, 1, List.of()).run(threads, List.of());
    new Rules(this, setup, List.of()).hold(calm);

    List<Injection> injections = injections(calm);
    Outcome disturbed = new Attempt(setup, seed, 2, injections).run(threads, List.of());
    new Rules(this, setup, injections).hold(disturbed);

    List<Injection> late = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      SimulatedConnection stale = any(disturbed.connections());
      late.add(new Stale(stale.sender(), stale.receiver()));
    }
    Outcome restarted = new Attempt(setup, seed, 3, late).run(threads, disturbed.connections());
    new Rules(this, setup, late).hold(restarted);
  }

  private List<Injection> injections(Outcome calm) {
    List<Injection> injections = new ArrayList<>();
    do {
      injections.add(
          switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> onStream(calm);
            case 4, 5, 6 -> onRank(calm);
            default -> astray();
          });
    } while (random.nextInt(4) == 0);
    return injections;
  }

  private Injection onStream(Outcome calm) {
    // A way that is not used in calm times is when something else goes wrong.
    List<SimulatedConnection> used =
        calm.connections().stream().filter(it -> it.there().pieces() > 0).toList();
    SimulatedConnection connection =
        any(used.isEmpty() || random.nextInt(8) == 0 ? calm.connections() : used);
    int from = connection.sender();
    int to = connection.receiver();
    Tampering[] all = Tampering.values();
    Tampering tampering = all[random.nextInt(all.length)];
    // The back-channel has pieces only when something else goes wrong.
    return random.nextInt(8) == 0
        ? new OnStream(from, to, Direction.BACK, 0, tampering)
        : new OnStream(
            from, to, Direction.THERE, random.nextInt(1 + connection.there().pieces()), tampering);
  }

  private SimulatedConnection any(List<SimulatedConnection> connections) {
    return connections.get(random.nextInt(connections.size()));
  }

  private Injection onRank(Outcome calm) {
    int rank = random.nextInt(setup.worldSize());
    Mishap[] all = Mishap.values();
    long nanos = (long) (setup.timeoutNanos() * 1.5 * random.nextDouble());
    return new OnRank(
        rank,
        random.nextInt(calm.calls().get(rank)),
        all[random.nextInt(all.length)],
        random.nextBoolean() ? nanos / 4 : nanos);
  }

  private Injection astray() {
    Detour[] all = Detour.values();
    Detour detour = all[random.nextInt(all.length)];
    int update = detour == Detour.GROUP ? 1 : 1 + random.nextInt(setup.updates());
    return new Astray(random.nextInt(setup.worldSize()), update, detour);
  }

  @Override
  public String toString() {
    return "seed " + seed + ": " + setup;
  }
}
