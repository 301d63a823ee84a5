/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.time.Duration;

/**
 * Says that the group is broken. Each subtype is one way to fail. Each names the rank at fault, its
 * address, the update, how far that update had come, and how long the rank had been waited for.
 *
 * <p>A rank that did not notice the failure itself is told by the ranks around it. It reports the
 * same fault, and not what followed from it; {@link #isForwarded()} tells the two apart.
 */
public abstract sealed class CollectiveException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** How a rank came to know. */
  enum Path {
    NOTICED,
    FORWARDED
  }

  private final Fault fault;
  private final Path path;

  private CollectiveException(Fault fault, Path path) {
    super(message(fault, path));
    this.fault = fault;
    this.path = path;
  }

  private static String message(Fault fault, Path path) {
    return switch (path) {
      case NOTICED -> fault.sentence();
      case FORWARDED -> fault.sentence() + " (noticed by rank " + fault.origin() + ", forwarded)";
    };
  }

  /** All of it as a value. */
  public Fault fault() {
    return fault;
  }

  /** Whose fault it is. */
  public int rank() {
    return fault.rank();
  }

  /** Where that rank is reached. */
  public String address() {
    return fault.address();
  }

  /** What was being summed, or {@link Fault#CONNECTING}. */
  public long update() {
    return fault.update();
  }

  /** What the rank that noticed was doing. */
  public String phase() {
    return fault.phase();
  }

  /** How many bytes of the update's numbers had arrived there. */
  public long bytesSoFar() {
    return fault.bytesSoFar();
  }

  /** For how long nothing had been heard from that rank. */
  public Duration waited() {
    return fault.waited();
  }

  /** The rank that noticed first, as far as this rank knows. */
  public int origin() {
    return fault.origin();
  }

  /** Whether another rank noticed and this one was told. */
  public boolean isForwarded() {
    return path == Path.FORWARDED;
  }

  /** A rank closed its connection or its connection broke: its process has most likely ended. */
  public static final class PeerLost extends CollectiveException {
    private static final long serialVersionUID = 1L;

    PeerLost(Fault fault, Path path) {
      super(fault, path);
    }
  }

  /**
   * A rank is connected but made no progress within the deadline: stopped, partitioned, or slow.
   */
  public static final class PeerSilent extends CollectiveException {
    private static final long serialVersionUID = 1L;

    PeerSilent(Fault fault, Path path) {
      super(fault, path);
    }
  }

  /** A rank sent a sound message, but not the one that was due: another update, layout or round. */
  public static final class OutOfStep extends CollectiveException {
    private static final long serialVersionUID = 1L;

    OutOfStep(Fault fault, Path path) {
      super(fault, path);
    }
  }

  /** What a rank sent does not verify: damaged on the way, or not of this protocol. */
  public static final class Corrupt extends CollectiveException {
    private static final long serialVersionUID = 1L;

    Corrupt(Fault fault, Path path) {
      super(fault, path);
    }
  }

  /** A rank's address would not take the connection until the deadline. */
  public static final class Refused extends CollectiveException {
    private static final long serialVersionUID = 1L;

    Refused(Fault fault, Path path) {
      super(fault, path);
    }
  }

  /** A rank was told to stop, or its thread was interrupted: the rank named is that one. */
  public static final class Cancelled extends CollectiveException {
    private static final long serialVersionUID = 1L;

    Cancelled(Fault fault, Path path) {
      super(fault, path);
    }
  }
}
