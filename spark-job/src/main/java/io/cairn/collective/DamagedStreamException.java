/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;

/**
 * Bytes that arrived from a rank are not the ones that it sent: they were damaged or changed on the
 * way. A {@link Link} that verifies its streams throws this. Nothing more can be read from that
 * stream. The rank that sent the bytes gets a {@link RejectedStreamException}.
 */
public final class DamagedStreamException extends IOException {

  private static final long serialVersionUID = 1L;

  /** With what verification said. */
  public DamagedStreamException(String message, Throwable cause) {
    super(message, cause);
  }
}
