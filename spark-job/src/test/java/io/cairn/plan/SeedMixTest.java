/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SeedMixTest {

  /** Seeds decide shards, orders and noise: another mixture would make old runs go on wrongly. */
  @Test
  void seedsAreTheSameInEveryVersion() {
    assertThat(SeedMix.of(0)).isEqualTo(-2152535657050944081L);
    assertThat(SeedMix.of(7, 1, 2)).isNotEqualTo(SeedMix.of(7, 2, 1));
  }
}
