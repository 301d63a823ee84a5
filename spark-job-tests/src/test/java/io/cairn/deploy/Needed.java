/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;

/**
 * What a test needs that not every machine has. Where it cannot be had the test is skipped, and
 * says so on the console too, since skipped tests are easily overlooked.
 *
 * <p>Threading: stateless.
 */
public final class Needed {

  private Needed() {}

  /**
   * Skips the test unless something is there.
   *
   * @param what the test needs
   * @param script tried to get it, and tells why it could not
   */
  public static void assume(boolean isThere, String what, Script script) throws IOException {
    assume(isThere, what + ": " + script.everything().strip());
  }

  /**
   * Skips the test unless something is there.
   *
   * @param what the test needs, and how one gets it
   */
  public static void assume(boolean isThere, String what) {
    if (!isThere) {
      System.err.println("SKIPPED for want of " + what);
    }
    assumeThat(isThere).as(what).isTrue();
  }
}
