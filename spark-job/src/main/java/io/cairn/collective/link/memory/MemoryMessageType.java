/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import java.util.Arrays;
import java.util.Optional;

/** What two ranks on one host can say to each other before they share memory. */
enum MemoryMessageType {
  /** From the end that was called: offers are welcome. */
  ASK(1),
  /** From the end that called: there is a file. */
  OFFER(2),
  /** The file is there and mapped. */
  MAPPED(3),
  /** No such file here. */
  UNSEEN(4),
  /** There is no other file to offer. */
  NONE(5);

  private final int code;

  MemoryMessageType(int code) {
    this.code = code;
  }

  /** What stands for it in a message. */
  int code() {
    return code;
  }

  static Optional<MemoryMessageType> of(int code) {
    return Arrays.stream(values()).filter(kind -> kind.code == code).findFirst();
  }
}
