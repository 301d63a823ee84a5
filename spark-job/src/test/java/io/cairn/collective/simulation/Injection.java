/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.simulation;

import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import io.cairn.collective.schedules.AlgorithmChoice;
import java.util.EnumSet;
import java.util.Set;

/** Something that goes wrong at one place of a schedule, and what may truly be said about it. */
sealed interface Injection {

  /** Whether a failure that names this rank and kind tells the truth about what happened here. */
  boolean explains(Fault failure, int worldSize);

  /** Which of a connection's streams. */
  enum Direction {
    THERE,
    BACK
  }

  /** What may happen to a rank. */
  enum Mishap {
    /** Its process ends; the system closes its connections. */
    KILLED,
    /** Its host is gone; connections break. */
    CRASHED,
    /** It does nothing any more, and its connections stay. */
    STOPPED,
    /** It does nothing for a while. */
    PAUSED,
    /** Whoever started it wants it to end. */
    CANCELLED,
    /** The same, by interrupting its thread. */
    INTERRUPTED
  }

  /** How a rank may do something else than the others. */
  enum Detour {
    /** It believes to be in another update. */
    UPDATE,
    /** Its buffer has another layout. */
    LAYOUT,
    /** It is of another group. */
    GROUP
  }

  /**
   * A stream is tampered with.
   *
   * @param from the rank that called
   * @param to its target
   * @param piece the number of what was given at once
   */
  record OnStream(int from, int to, Direction direction, int piece, Tampering tampering)
      implements Injection {

    private static final Set<FaultKind> DISTURBED =
        EnumSet.of(
            FaultKind.CORRUPT, FaultKind.OUT_OF_STEP, FaultKind.PEER_SILENT, FaultKind.PEER_LOST);

    @Override
    public boolean explains(Fault failure, int worldSize) {
      int sender = direction == Direction.THERE ? from : to;
      int receiver = direction == Direction.THERE ? to : from;
      return switch (tampering) {
        // Two that exchange messages wait for each other where one is lost without a trace.
        case DROP ->
            (failure.rank() == sender && DISTURBED.contains(failure.kind()))
                || (failure.rank() == receiver && failure.kind() == FaultKind.PEER_SILENT);
        case DUPLICATE, SWAP, REPLAY ->
            failure.rank() == sender && DISTURBED.contains(failure.kind());
        case FLIP -> failure.rank() == sender && failure.kind() == FaultKind.CORRUPT;
        case CUT, RESET ->
            failure.kind() == FaultKind.PEER_LOST
                && (failure.rank() == sender || failure.rank() == receiver);
      };
    }
  }

  /**
   * Something happens to a rank.
   *
   * @param call the number of its call of the link
   * @param nanos for how long, if it passes
   */
  record OnRank(int rank, int call, Mishap mishap, long nanos) implements Injection {

    @Override
    public boolean explains(Fault failure, int worldSize) {
      FaultKind kind =
          switch (mishap) {
            case KILLED, CRASHED -> FaultKind.PEER_LOST;
            case STOPPED, PAUSED -> FaultKind.PEER_SILENT;
            case CANCELLED, INTERRUPTED -> FaultKind.CANCELLED;
          };
      return failure.rank() == rank && failure.kind() == kind;
    }
  }

  /** A rank goes astray at an update; those it exchanges messages with notice, or it does. */
  record Astray(int rank, int update, Detour detour) implements Injection {

    @Override
    public boolean explains(Fault failure, int worldSize) {
      // To a rank of another group its target's complaint is itself one of another.
      return failure.kind() == FaultKind.OUT_OF_STEP
          && (failure.rank() == rank
              || AlgorithmChoice.sources(worldSize, rank).contains(failure.rank())
              || (detour == Detour.GROUP
                  && AlgorithmChoice.targets(worldSize, rank).contains(failure.rank())));
    }
  }

  /** A connection brings what was sent on the same one in an earlier attempt, and then its own. */
  record Stale(int sender, int receiver) implements Injection {

    @Override
    public boolean explains(Fault failure, int worldSize) {
      return failure.rank() == sender
          && (failure.kind() == FaultKind.OUT_OF_STEP || failure.kind() == FaultKind.CORRUPT);
    }
  }
}
