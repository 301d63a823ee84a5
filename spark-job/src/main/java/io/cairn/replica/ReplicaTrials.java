/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Tries of a replica on a few real examples. The replica is afterwards as it was before a window
 * begins: training goes the same way, to the bit, whether they were made or not.
 *
 * <p>Owns nothing it is given.
 *
 * <p>Threading: the replica's thread.
 */
public final class ReplicaTrials {

  private final Replica replica;
  private final Network network;
  private final SideBySide sideBySide;

  ReplicaTrials(Replica replica, Network network, SideBySide sideBySide) {
    this.replica = replica;
    this.network = network;
    this.sideBySide = sideBySide;
  }

  /**
   * Tries the replica's gradients. Noise is seeded before every pass.
   *
   * @param examples at least 1; borrowed until return
   * @param nanoTime what time it is
   */
  public SelfCheckResult selfCheck(
      MultiDataSet examples, SelfCheck.Allowance allowance, LongSupplier nanoTime) {
    try {
      return new SelfCheck(network, examples, allowance, nanoTime).run();
    } finally {
      replica.abandonWindow();
    }
  }

  /** What the parameters are called, by number, where a {@link SelfCheckResult} names one. */
  public List<String> parameterPlaces() {
    return network.ranges().stream().map(ParameterRange::place).toList();
  }

  /**
   * Tries whether several passes at a time compute what one does; if they do not, the replica goes
   * on with one thread.
   *
   * @param examples borrowed until return
   * @return why there is one thread from now on; empty if there are as many as before
   */
  public Optional<String> sideBySide(MultiDataSet examples) throws InterruptedException {
    if (sideBySide.threads() == 1) {
      return Optional.empty();
    }
    Optional<String> difference = Optional.empty();
    try {
      difference = new SideBySideTrial(network, sideBySide, examples).difference();
    } finally {
      replica.abandonWindow();
    }
    difference.ifPresent(why -> sideBySide.close());
    return difference;
  }
}
