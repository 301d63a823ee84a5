/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The releases of Java that Cairn runs on: those that all of its tests have passed on. A release
 * between them may do as well, and a later one may compute other bits or fail within Spark.
 *
 * <p>Threading: immutable.
 *
 * @param feature the first number of the release, such as 17
 * @param home the folder that it is in
 */
public record JavaRelease(int feature, String home) {

  /** Oldest first. {@code deploy/java-releases.sh} has them too. */
  static final List<Integer> TESTED = List.of(17, 21);

  /** That of this process. */
  public static JavaRelease here() {
    return new JavaRelease(Runtime.version().feature(), System.getProperty("java.home"));
  }

  /** Why Cairn does not run on it, for a person; empty if it does. */
  public Optional<String> problem() {
    if (TESTED.contains(feature)) {
      return Optional.empty();
    }
    String tested =
        TESTED.stream().map(release -> "Java " + release).collect(Collectors.joining(" or "));
    return Optional.of(
        "Cairn runs on %s, and %s is Java %d: set JAVA_HOME to one of these"
            .formatted(tested, home, feature));
  }
}
