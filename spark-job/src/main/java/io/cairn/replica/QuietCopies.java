/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.linalg.api.buffer.DataType;

/**
 * Copies of a network that compute its gradient without noise, in any number format.
 *
 * <p>Threading: the thread of the network.
 */
interface QuietCopies {

  /** Whether the network draws noise that its configuration shows. */
  boolean isNoisy();

  /** A copy that computes in every other way as the network does; without updater state. */
  Network same();

  /**
   * A copy without updater state.
   *
   * @param type FLOAT or DOUBLE
   * @return whoever asked for it releases it
   */
  Network in(DataType type);

  /**
   * The same with updater and its state, and with the network's counts.
   *
   * @param type FLOAT or DOUBLE
   * @return whoever asked for it releases it
   */
  Network withUpdater(DataType type);
}
