/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FencedException;
import io.cairn.checkpoint.RunStatus;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

/**
 * What is so in a simulated world, whoever looks, and since which of the run's steps. Time passes
 * only where somebody waits.
 *
 * <p>Threading: one thread.
 */
final class SimulatedWorld extends Clock {

  static final int NEVER = Integer.MAX_VALUE;
  private static final Instant START = Instant.parse("2026-03-01T10:00:00Z");
  private static final int[] PER_MILLE = {0, 0, 5, 30, 150};

  final Random random;
  private final Map<SimulatedHazard, Integer> perMille = new EnumMap<>(SimulatedHazard.class);
  final Map<SimulatedHazard, Integer> since = new EnumMap<>(SimulatedHazard.class);
  final Set<SimulatedHazard> inThisStep = EnumSet.noneOf(SimulatedHazard.class);
  private final Runnable processEnds;
  private long nanos;
  private boolean writing;
  int step;

  /** The newest claim of anybody, and that of this driver. */
  int newestClaim;

  int ownClaim;

  /** Another driver has brought the run to its end. */
  boolean finishedElsewhere;

  /** The run has been told that another driver has it. */
  boolean toldOfNewerClaim;

  /** The driver's process has ended, all but its threads. */
  boolean lastWordSaid;

  /** Attempts that {@code STATUS.json} has told of. */
  int attemptsBegun;

  /** What {@code STATUS.json} says, as far as this driver has written it. */
  Optional<RunStatus> disk = Optional.empty();

  SimulatedWorld(Random random, Runnable processEnds) {
    this.random = random;
    this.processEnds = processEnds;
    for (SimulatedHazard hazard : SimulatedHazard.values()) {
      perMille.put(hazard, PER_MILLE[random.nextInt(PER_MILLE.length)]);
    }
    newestClaim = random.nextInt(3);
  }

  /** Whether it has happened. */
  boolean has(SimulatedHazard hazard) {
    return since.containsKey(hazard);
  }

  /** Whether it had happened before the present step began. */
  boolean had(SimulatedHazard hazard) {
    return since.getOrDefault(hazard, NEVER) < step;
  }

  /** Whether something was drawn that can happen again and again. */
  boolean draws(SimulatedHazard hazard) {
    boolean drawn = random.nextInt(1_000) < perMille.get(hazard);
    if (drawn) {
      inThisStep.add(hazard);
    }
    return drawn;
  }

  /** A moment, in which something may happen. */
  void moment() {
    for (SimulatedHazard hazard : SimulatedHazard.fromOutside()) {
      // The status's keeper lets nobody in while it writes.
      boolean waits = writing && hazard == SimulatedHazard.PROCESS_ENDS;
      if (!has(hazard) && !waits && draws(hazard)) {
        let(hazard);
      }
    }
  }

  void let(SimulatedHazard hazard) {
    inThisStep.add(hazard);
    since.put(hazard, step);
    if (hazard == SimulatedHazard.NEWER_CLAIM) {
      newestClaim++;
      disk = Optional.empty();
    } else if (hazard == SimulatedHazard.PROCESS_ENDS) {
      processEnds.run();
      lastWordSaid = true;
    }
  }

  /** Time passes, unless somebody asks for a stop. */
  void pass(Duration longest) {
    for (int part = 0; part < 4 && !has(SimulatedHazard.STOP); part++) {
      nanos += longest.dividedBy(4).toNanos();
      moment();
    }
  }

  /** The file system is asked for something. */
  void useDisk(String what) throws IOException {
    moment();
    if (draws(SimulatedHazard.DISK_FAILS)) {
      throw new IOException("no space left for " + what);
    }
  }

  /** {@code STATUS.json} is written under a claim. */
  void write(int claim, RunStatus status) throws IOException {
    writing = true;
    try {
      useDisk("STATUS.json");
      requireNewest(claim);
      disk = Optional.of(status);
    } finally {
      writing = false;
    }
  }

  void requireNewest(int claim) throws FencedException {
    if (newestClaim > claim) {
      throw new FencedException(
          "attempt " + claim + " must stop: attempt " + newestClaim + " has taken over the run");
    }
  }

  long nanoTime() {
    return nanos;
  }

  @Override
  public Instant instant() {
    return START.plusNanos(nanos);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException();
  }
}
