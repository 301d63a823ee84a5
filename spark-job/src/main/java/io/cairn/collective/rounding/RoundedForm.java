/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import io.cairn.collective.BufferLayout;
import io.cairn.collective.Precision;
import java.nio.ByteBuffer;

/**
 * Makes and reads the messages of a sum in which some sections travel as bf16. A message has its
 * sections one after the other, each in its own form.
 *
 * <p>On a ring a rank sends each number once as its own: a partial sum in reduce-scatter, or a
 * complete sum as the first message of all-gather. At that moment the number is rounded where it
 * lies, and its rounding error is kept. So what a rank sends is also what it has, and all ranks end
 * with the same bits. The sum and everything that is left over on all ranks together are what was
 * to be summed. Numbers that are passed on after that are rounded already.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 */
public final class RoundedForm {

  private final ErrorFeedback feedback;
  private final Bf16Runs bf16 = new Bf16Runs();
  private final SectionAdder adder = new SectionAdder();
  private final ByteBuffer leaving;

  /** For messages of at most {@code segmentBytes}. */
  public RoundedForm(int segmentBytes, ErrorFeedback feedback) {
    this.feedback = feedback;
    this.leaving = ByteBuffer.allocateDirect(segmentBytes);
  }

  /** Bytes of a segment's numbers on the way. */
  public static int bytes(Segment segment) {
    return segment.runs().stream().mapToInt(RoundedForm::bytes).sum();
  }

  private static int bytes(BufferLayout.Run run) {
    return run.section().precision() == Precision.BF16
        ? Bf16Runs.bytes(run.lengthBytes())
        : run.lengthBytes();
  }

  /** What is done with a run: with its numbers in the caller's buffer and those in the message. */
  @FunctionalInterface
  private interface Work {
    void on(BufferLayout.Run run, ByteBuffer numbers, ByteBuffer message);
  }

  private static void walk(Segment segment, ByteBuffer message, Work onBf16, Work onOthers) {
    int at = 0;
    for (BufferLayout.Run run : segment.runs()) {
      Work work = run.section().precision() == Precision.BF16 ? onBf16 : onOthers;
      work.on(run, segment.numbers(run), message.slice(at, bytes(run)));
      at += bytes(run);
    }
  }

  /**
   * Rounds a rank's own numbers, in the caller's buffer, and keeps their rounding errors.
   *
   * @return the message's bytes, valid until the next call for a message that is sent
   */
  public ByteBuffer round(Segment segment) {
    return leave(
        segment,
        (run, numbers, message) ->
            bf16.round(numbers, feedback.at(run.startBytes(), run.lengthBytes()), message));
  }

  /**
   * The same for numbers that arrived in this form.
   *
   * @return the message's bytes, valid until the next call for a message that is sent
   */
  public ByteBuffer passOn(Segment segment) {
    return leave(segment, (run, numbers, message) -> bf16.pack(numbers, message));
  }

  private ByteBuffer leave(Segment segment, Work onBf16) {
    walk(segment, leaving, onBf16, (run, numbers, message) -> message.put(numbers));
    return leaving.slice(0, bytes(segment));
  }

  /** Adds the numbers of a message that has arrived; borrowed until return. */
  public void add(Segment segment, ByteBuffer arrived) {
    walk(
        segment,
        arrived,
        (run, numbers, message) -> bf16.add(message, numbers),
        (run, numbers, message) -> adder.addRange(run.section().type(), message, numbers));
  }

  /** Puts the numbers of a message that has arrived where they belong; borrowed until return. */
  public void replace(Segment segment, ByteBuffer arrived) {
    walk(
        segment,
        arrived,
        (run, numbers, message) -> bf16.unpack(message, numbers),
        (run, numbers, message) -> numbers.put(message));
  }
}
