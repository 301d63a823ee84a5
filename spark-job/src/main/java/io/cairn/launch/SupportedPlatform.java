/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.worker.JavaRelease;
import java.util.List;

/**
 * What a driver needs before anything else is worth trying: a Java that Cairn runs on, and the
 * Spark that its jar is built for.
 *
 * <p>Threading: stateless.
 */
public final class SupportedPlatform {

  private SupportedPlatform() {}

  /**
   * Sees to it that this process has both.
   *
   * @throws LaunchException that says what it has, and what it should have
   */
  public static void require() {
    require(JavaRelease.here());
    SparkRelease.requireSame();
  }

  static void require(JavaRelease java) {
    java.problem()
        .ifPresent(
            problem -> {
              throw new LaunchException(List.of(problem));
            });
  }
}
