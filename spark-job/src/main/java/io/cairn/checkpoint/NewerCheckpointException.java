/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;

/**
 * A checkpoint was written by a newer version of Cairn, in a format that this version cannot read.
 */
public final class NewerCheckpointException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A checkpoint's refusal. */
  public NewerCheckpointException(String message) {
    super(message);
  }
}
