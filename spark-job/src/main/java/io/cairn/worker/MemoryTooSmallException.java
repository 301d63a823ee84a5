/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.util.List;

/** Some rank has too little memory even for a micro-batch of one example. Nothing was applied. */
public final class MemoryTooSmallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MemoryTooSmallException(long update, List<Integer> ranks) {
    this("update " + update + ": a micro-batch of one example", TrainingStep.words(ranks));
  }

  /** In the validation after an update. */
  MemoryTooSmallException(long update, int rank) {
    this("validation after update " + update + ": one example", Integer.toString(rank));
  }

  private MemoryTooSmallException(String what, String ranks) {
    super(
        what
            + " does not fit in memory on rank "
            + ranks
            + " (its log says which memory); there is nothing smaller. Executors with more memory,"
            + " a smaller model, or a smaller compute.threads, may help");
  }
}
