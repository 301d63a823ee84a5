/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;

/**
 * A rank has found that what was sent to it is not what has arrived, and has ended the stream: the
 * other end of a {@link DamagedStreamException}.
 */
public final class RejectedStreamException extends IOException {

  private static final long serialVersionUID = 1L;

  /** With what it said. */
  public RejectedStreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
