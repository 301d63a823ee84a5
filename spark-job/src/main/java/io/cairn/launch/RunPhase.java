/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.AttemptClaim;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Where a run stands with its supervisor, and what is known there. {@link RunLifecycle} has the
 * table of what a phase does and what it leads to.
 *
 * <p>Threading: immutable, safe everywhere.
 */
sealed interface RunPhase {

  /** The phases by name. */
  enum Name {
    /** The next attempt is to be claimed. */
    CLAIM,
    /** Claimed; the checkpoint to go on from is to be found. */
    RESTORE,
    /** It is known from where; executors are to be waited for. */
    ALLOCATE,
    /** Executors are there; the attempt is to be launched. */
    RUN,
    /** The attempt has ended; what that means for the run is to be found out. */
    JUDGE,
    /** Another attempt follows after a wait. */
    BACK_OFF,
    /** The run has its outcome. */
    DONE;

    /** The phases that may follow. */
    Set<Name> next() {
      return switch (this) {
        case CLAIM -> EnumSet.of(RESTORE, DONE);
        case RESTORE -> EnumSet.of(ALLOCATE, JUDGE, DONE);
        case ALLOCATE -> EnumSet.of(RUN, JUDGE, DONE);
        case RUN -> EnumSet.of(JUDGE, DONE);
        case JUDGE -> EnumSet.of(BACK_OFF, DONE);
        case BACK_OFF -> EnumSet.of(CLAIM, DONE);
        case DONE -> EnumSet.noneOf(Name.class);
      };
    }
  }

  /** Which one it is. */
  Name name();

  /** The attempt that is made in this phase: an error of the file system ends it, not the run. */
  default Optional<AttemptClaim> attempt() {
    return Optional.empty();
  }

  /**
   * What the driver is at, as a clause, where a stop or the cluster's end takes this phase's place;
   * empty where the phase comes all the same.
   */
  default Optional<String> meanwhile() {
    return Optional.empty();
  }

  /**
   * The next attempt is to be claimed.
   *
   * @param before the claim of the attempt before it, in the same submit
   * @param resume whether a checkpoint may, or must, be gone on from
   */
  record Claim(Optional<AttemptClaim> before, ResumeMode resume) implements RunPhase {
    @Override
    public Name name() {
      return Name.CLAIM;
    }

    @Override
    public Optional<String> meanwhile() {
      return Optional.of("another attempt was to follow");
    }
  }

  /** An attempt has been claimed; the checkpoint to go on from is to be found. */
  record Restore(AttemptClaim claim, ResumeMode resume) implements RunPhase {
    @Override
    public Name name() {
      return Name.RESTORE;
    }

    @Override
    public Optional<AttemptClaim> attempt() {
      return Optional.of(claim);
    }
  }

  /** The status says that the attempt has begun; executors are to be waited for. */
  record Allocate(ClaimedRun run) implements RunPhase {
    @Override
    public Name name() {
      return Name.ALLOCATE;
    }

    @Override
    public Optional<AttemptClaim> attempt() {
      return Optional.of(run.claim());
    }

    @Override
    public Optional<String> meanwhile() {
      return Optional.of("the driver waited for executors");
    }
  }

  /**
   * The attempt is to be launched.
   *
   * @param run with the plan for the executors that are there
   */
  record Run(ClaimedRun run) implements RunPhase {
    @Override
    public Name name() {
      return Name.RUN;
    }

    @Override
    public Optional<AttemptClaim> attempt() {
      return Optional.of(run.claim());
    }

    @Override
    public Optional<String> meanwhile() {
      return Optional.of("the driver waited for executors");
    }
  }

  /** An attempt has ended, and what that means for the run is to be found out. */
  record Judge(AttemptClaim claim, AttemptEnd end) implements RunPhase {
    @Override
    public Name name() {
      return Name.JUDGE;
    }

    @Override
    public Optional<String> meanwhile() {
      return end.meanwhile();
    }
  }

  /**
   * Another attempt follows.
   *
   * @param claim of the one that failed
   * @param longest how long to wait
   */
  record BackOff(AttemptClaim claim, Duration longest) implements RunPhase {
    @Override
    public Name name() {
      return Name.BACK_OFF;
    }

    @Override
    public Optional<String> meanwhile() {
      return Optional.of("another attempt was to follow");
    }
  }

  /**
   * The run has its outcome, or an error that its caller hears of and this outcome in its status.
   */
  record Done(Outcome outcome) implements RunPhase {
    @Override
    public Name name() {
      return Name.DONE;
    }
  }
}
