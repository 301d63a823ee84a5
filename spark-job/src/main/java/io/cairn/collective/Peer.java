/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

/**
 * Another rank, as errors name it.
 *
 * @param rank its number
 * @param address where it is reached, as a person would write it
 */
public record Peer(int rank, String address) {

  public Peer {
    if (rank < 0 || address == null) {
      throw new IllegalArgumentException("a peer has a rank and an address, not " + rank);
    }
  }
}
