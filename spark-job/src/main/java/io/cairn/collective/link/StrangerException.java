/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import java.io.IOException;

/**
 * The process at the other end of a connection is not the rank that was expected, or does not prove
 * to be. The message continues a sentence about "it", and is the same text for the same reason. The
 * cause has the particulars.
 */
public final class StrangerException extends IOException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** What it did not prove. */
  public enum Reason {
    /** It showed another certificate. */
    CERTIFICATE("its certificate is not the one that was published"),
    /** It does not speak TLS 1.3. */
    PROTOCOL("it did not complete the TLS 1.3 handshake"),
    /** It ended the connection. */
    HUNG_UP("it hung up during the TLS 1.3 handshake");

    private final String sentence;

    Reason(String sentence) {
      this.sentence = sentence;
    }
  }

  /** With what was seen, or null. */
  public StrangerException(Reason reason, Throwable cause) {
    super(reason.sentence, cause);
    this.reason = reason;
  }

  /** What it did not prove. */
  public Reason reason() {
    return reason;
  }

  /** The message with what was seen, for whoever searches for the cause. */
  public String particulars() {
    Throwable last = this;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    return last == this ? getMessage() : getMessage() + " (" + last.getMessage() + ")";
  }
}
