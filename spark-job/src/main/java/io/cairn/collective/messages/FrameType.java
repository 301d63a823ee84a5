/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of message. */
public enum FrameType {
  /** A segment. */
  DATA(1),
  /** No payload: the sender is alive, and waits for another rank or is busy with it. */
  HEARTBEAT(2),
  /** The sender gives up; the payload says why. */
  ABORT(3);

  private final int code;

  FrameType(int code) {
    this.code = code;
  }

  /** What stands for it in a message. */
  int code() {
    return code;
  }

  static Optional<FrameType> of(int code) {
    return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
  }
}
