/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.Serializable;
import java.util.Iterator;

/**
 * What one rank does in a barrier job, sent to its executor with all it captures.
 *
 * <p>Threading: called once an attempt, on a task thread of an executor; interrupted when the job
 * is cancelled. Whatever it throws fails the attempt on every rank.
 */
@FunctionalInterface
public interface RankTask extends Serializable {

  /**
   * Runs the rank.
   *
   * @param train the rank's encoded training examples
   * @param validation the rank's encoded validation examples
   * @return the rank's results for the driver
   */
  Iterator<String> run(Iterator<byte[]> train, Iterator<byte[]> validation) throws Exception;
}
