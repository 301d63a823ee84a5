/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;

/**
 * A newer attempt has claimed the run. This attempt must not write anything more and has to end.
 * The message says who claimed the run and when.
 */
public final class FencedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** An attempt's end. */
  public FencedException(String message) {
    super(message);
  }
}
