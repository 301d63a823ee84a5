/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The ranks' parameters are no longer identical: a machine computes wrongly, or the ranks run
 * different software. The attempt ends. The state after the last update at which the ranks agreed
 * must not be trusted.
 */
public final class ReplicasDivergedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReplicasDivergedException(long update, List<Long> digests) {
    super(
        "the ranks' parameters differ before update "
            + update
            + " (CRC-32C by rank: "
            + IntStream.range(0, digests.size())
                .mapToObj(rank -> rank + "=" + Long.toHexString(digests.get(rank)))
                .collect(Collectors.joining(", "))
            + "); check that all executors have the same processor type, libraries and jar");
  }
}
