/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of failure. There is one for each subtype of {@link CollectiveException}. */
public enum FaultKind {
  /** {@link CollectiveException.PeerLost}. */
  PEER_LOST(1),
  /** {@link CollectiveException.PeerSilent}. */
  PEER_SILENT(2),
  /** {@link CollectiveException.OutOfStep}. */
  OUT_OF_STEP(3),
  /** {@link CollectiveException.Corrupt}. */
  CORRUPT(4),
  /** {@link CollectiveException.Refused}. */
  REFUSED(5),
  /** {@link CollectiveException.Cancelled}. */
  CANCELLED(6);

  private final int code;

  FaultKind(int code) {
    this.code = code;
  }

  /** What stands for it in a message. */
  public int code() {
    return code;
  }

  /** The kind that {@code code} stands for in a message, if there is one. */
  public static Optional<FaultKind> of(int code) {
    return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
  }
}
