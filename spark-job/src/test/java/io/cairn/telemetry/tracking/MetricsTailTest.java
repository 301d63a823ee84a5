/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsTailTest {

  private static MetricsTail tail(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new MetricsTail(() -> Optional.of(new ByteArrayInputStream(bytes)));
  }

  @Test
  void aLineThatIsLongerThanWhatIsReadAtATimeHidesNothingBehindIt() throws Exception {
    String line = "a".repeat(3 * MetricsTail.MOST_BYTES);
    MetricsTail tail = tail("first\n" + line + "\nlast\nnot yet whol");
    try (MetricsTail.Reading reading = tail.open()) {
      assertThat(reading.next()).containsExactly("first");
      assertThat(reading.next()).containsExactly(line, "last");
      assertThat(reading.next()).isEmpty();
    }
    assertThat(tail.offset()).isEqualTo(6 + line.length() + 1 + 5);
  }

  @Test
  void aFileThatEndsWhereAPieceDoesEnds() throws Exception {
    try (MetricsTail.Reading reading = tail("b".repeat(MetricsTail.MOST_BYTES)).open()) {
      assertThat(reading.next()).isEmpty();
    }
  }
}
