/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

/**
 * The run was stopped before its end: by {@link TrainingJob#stop}, or because somebody cancelled
 * its Spark job. With an {@code output} the same job goes on where it stopped.
 */
public final class TrainingStoppedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Who stopped it, for a person. */
  public TrainingStoppedException(String reason) {
    super(reason);
  }
}
