/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import java.io.Serializable;
import java.util.Objects;

/**
 * A model as tasks find it.
 *
 * <p>Threading: immutable. Travels in Spark's task closure.
 *
 * @param digest of the archive's bytes: equal models are loaded once in a process
 * @param supply gives the archive
 */
public record ScoringModel(String digest, Supply supply) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Gives a task the model's archive, however it travels. */
  @FunctionalInterface
  public interface Supply extends Serializable {
    /** The archive's bytes; not to be changed. */
    byte[] archive();
  }

  public ScoringModel {
    Objects.requireNonNull(digest, "digest");
    Objects.requireNonNull(supply, "supply");
  }
}
