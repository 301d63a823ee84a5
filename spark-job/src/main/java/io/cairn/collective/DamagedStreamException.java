/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;

/**
 * What arrives from a rank is not what it sent: damaged or tampered with on the way. Thrown by a
 * {@link Link} that verifies its streams; nothing more can be read from this one. The other end
 * gets a {@link RejectedStreamException}.
 */
public final class DamagedStreamException extends IOException {

  private static final long serialVersionUID = 1L;

  /** With what verification said. */
  public DamagedStreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
