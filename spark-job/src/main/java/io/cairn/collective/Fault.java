/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.Serializable;
import java.time.Duration;

/**
 * Says what went wrong, and on which rank. It is the part of a failure that ranks send to each
 * other.
 *
 * <p>Threading: immutable.
 *
 * @param kind which of the failures
 * @param rank whose fault it is: the peer that was lost, silent or wrong, or the rank that was
 *     cancelled
 * @param address where that rank is reached
 * @param update what was being summed, or {@link #CONNECTING}
 * @param phase what the rank that noticed was doing: the half of the sum, or {@link
 *     #CONNECTING_PHASE}
 * @param bytesSoFar how many bytes of this update's numbers had arrived at the rank that noticed
 * @param waited for how long nothing had been heard from the rank at fault
 * @param origin the rank that noticed
 * @param detail the sentence that says what was seen
 */
public record Fault(
    FaultKind kind,
    int rank,
    String address,
    long update,
    String phase,
    long bytesSoFar,
    Duration waited,
    int origin,
    String detail)
    implements Serializable {

  private static final long serialVersionUID = 1L;

  /** The update of failures before the first one. */
  public static final long CONNECTING = -1;

  /** The phase of failures before the first update. */
  public static final String CONNECTING_PHASE = "connecting";

  public Fault {
    if (kind == null
        || address == null
        || phase == null
        || bytesSoFar < 0
        || waited == null
        || detail == null) {
      throw new IllegalArgumentException("a fault says kind, address, phase, time and detail");
    }
  }

  /** The exception for the rank that noticed. */
  public CollectiveException noticed() {
    return exception(CollectiveException.Path.NOTICED);
  }

  /** The exception for a rank that was told. */
  public CollectiveException forwarded() {
    return exception(CollectiveException.Path.FORWARDED);
  }

  private CollectiveException exception(CollectiveException.Path path) {
    return switch (kind) {
      case PEER_LOST -> new CollectiveException.PeerLost(this, path);
      case PEER_SILENT -> new CollectiveException.PeerSilent(this, path);
      case OUT_OF_STEP -> new CollectiveException.OutOfStep(this, path);
      case CORRUPT -> new CollectiveException.Corrupt(this, path);
      case REFUSED -> new CollectiveException.Refused(this, path);
      case CANCELLED -> new CollectiveException.Cancelled(this, path);
    };
  }

  private String progress() {
    return " (" + phase + ", " + bytesSoFar + " bytes so far)";
  }

  /** One line: who, where, what, when, how long. */
  String sentence() {
    return "rank "
        + rank
        + " at "
        + address
        + " "
        + detail
        + (update == CONNECTING ? ", while connecting" : ", in update " + update + progress())
        + ", after "
        + waited.toMillis()
        + " ms";
  }
}
