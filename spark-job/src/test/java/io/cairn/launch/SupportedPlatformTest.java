/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.worker.JavaRelease;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Java and the Spark of a driver. */
class SupportedPlatformTest {

  @Test
  void thoseOfTheBuildAreAccepted() {
    SupportedPlatform.require();
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 21})
  void javaOfEitherReleaseIsAccepted(int feature) {
    SupportedPlatform.require(new JavaRelease(feature, "/jvm"));
  }

  @ParameterizedTest
  @ValueSource(ints = {18, 20, 22, 25, 170})
  void anyOtherIsRefusedWithTheNamesOfBoth(int feature) {
    assertThatThrownBy(() -> SupportedPlatform.require(new JavaRelease(feature, "/some/jvm")))
        .isInstanceOf(LaunchException.class)
        .hasMessage(
            "Cairn runs on Java 17 or Java 21, and /some/jvm is Java %d: set JAVA_HOME to one of these"
                .formatted(feature));
  }
}
