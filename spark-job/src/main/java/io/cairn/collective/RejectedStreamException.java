/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;

/**
 * Another rank says that the bytes it received are not the ones that were sent to it, and has ended
 * the stream. That rank has had a {@link DamagedStreamException}.
 */
public final class RejectedStreamException extends IOException {

  private static final long serialVersionUID = 1L;

  /** With what it said. */
  public RejectedStreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
