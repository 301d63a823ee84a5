/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * The result of the search for the newest good checkpoint.
 *
 * @param checkpoint the newest that verifies; empty where there is none
 * @param passedOver newer ones that do not, newest first: a sentence each for the log, saying
 *     which, why, and where it lies now
 */
public record NewestGood(Optional<Checkpoint> checkpoint, List<String> passedOver) {
  public NewestGood {
    passedOver = List.copyOf(passedOver);
  }
}
