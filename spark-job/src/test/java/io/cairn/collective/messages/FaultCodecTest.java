/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.messages;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.Fault;
import io.cairn.collective.FaultKind;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Faults on their way to other ranks: whole, bounded, and never trusted. */
class FaultCodecTest {

  private static Fault fault(String detail) {
    return new Fault(
        FaultKind.PEER_SILENT,
        3,
        "node-3:4040",
        17,
        "all-gather",
        1L << 40,
        Duration.ofMillis(1234),
        5,
        detail);
  }

  @Test
  void faultArrivesAsItWas() {
    ByteBuffer frame = FaultCodec.abortFrame(99, fault("sent nothing – für immer"));
    FrameHeader header = FrameHeader.decode(frame).orElseThrow();
    assertThat(header.kind()).isEqualTo(FrameType.ABORT);
    assertThat(header.lengthBytes()).isEqualTo(frame.remaining());
    assertThat(FaultCodec.decode(frame)).contains(fault("sent nothing – für immer"));
  }

  @Test
  void textsThatAreTooLongAreCutSoThatTheMessageStaysBounded() {
    ByteBuffer frame = FaultCodec.abortFrame(99, fault("x".repeat(100_000)));
    assertThat(frame.remaining()).isLessThanOrEqualTo(FrameHeader.BYTES + FaultCodec.MAX_BYTES);
    frame.position(FrameHeader.BYTES);
    assertThat(FaultCodec.decode(frame))
        .hasValueSatisfying(cut -> assertThat(cut.detail()).isEqualTo("x".repeat(1024)));
  }

  @Test
  void bytesThatAreNoFaultAreNoneWhateverTheyAre() {
    ByteBuffer whole = FaultCodec.abortFrame(99, fault("sent nothing"));
    whole.position(FrameHeader.BYTES);
    for (int length = 0; length < whole.remaining(); length++) {
      assertThat(FaultCodec.decode(whole.slice(whole.position(), length))).isEmpty();
    }
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      byte[] garbage = new byte[random.nextInt(FaultCodec.MAX_BYTES)];
      random.nextBytes(garbage);
      assertThat(FaultCodec.decode(ByteBuffer.wrap(garbage))).isEmpty();
    }
  }
}
