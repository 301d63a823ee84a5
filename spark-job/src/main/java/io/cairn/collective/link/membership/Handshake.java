/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.link.Magic;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The first message of both ends of a connection, {@value #BYTES} bytes in network byte order. It
 * says who speaks, to whom, and in which group. The end that accepted answers with a handshake of
 * its own, which holds its verdict.
 *
 * @param verdict of the end that accepted; {@code HELLO} from the one that connected
 * @param groupId names the group
 * @param from the speaker's rank
 * @param to the rank it believes to speak to
 * @param worldSize of the group
 * @param littleEndian whether numbers in messages are
 */
record Handshake(
    Verdict verdict, long groupId, int from, int to, int worldSize, boolean littleEndian) {

  static final int BYTES = 40;

  private static final long MAGIC = 0x434149524e524e47L;
  private static final int VERSION = 1;

  enum Verdict {
    HELLO(1),
    WELCOME(2),
    REFUSED(3);

    private final int code;

    Verdict(int code) {
      this.code = code;
    }

    private static Optional<Verdict> of(int code) {
      return Arrays.stream(values()).filter(verdict -> verdict.code == code).findFirst();
    }
  }

  static Handshake of(Verdict verdict, RingMembership membership, int to) {
    return new Handshake(
        verdict,
        membership.groupId(),
        membership.rank(),
        to,
        membership.worldSize(),
        ByteOrder.nativeOrder().equals(ByteOrder.LITTLE_ENDIAN));
  }

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putLong(MAGIC).putInt(VERSION).putInt(verdict.code).putLong(groupId);
    bytes.putInt(from).putInt(to).putInt(worldSize).putInt(littleEndian ? 1 : 0);
    return bytes.flip();
  }

  /** Whether what has arrived so far may be the beginning of a handshake. */
  static boolean plausible(ByteBuffer arrived) {
    return Magic.mayBegin(MAGIC, arrived);
  }

  /** A whole handshake; empty if it is none, or of another version. */
  static Optional<Handshake> decode(ByteBuffer bytes) {
    long magic = bytes.getLong();
    int version = bytes.getInt();
    Optional<Verdict> verdict = Verdict.of(bytes.getInt());
    if (magic != MAGIC || version != VERSION || verdict.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Handshake(
            verdict.orElseThrow(),
            bytes.getLong(),
            bytes.getInt(),
            bytes.getInt(),
            bytes.getInt(),
            bytes.getInt() == 1));
  }

  /** Why this is not what a rank expects from one of {@code peers}; empty if it is. */
  Optional<String> mismatch(RingMembership membership, List<Member> peers) {
    if (groupId != membership.groupId()) {
      return Optional.of("it is of group " + groupId + ", not " + membership.groupId());
    }
    if (worldSize != membership.worldSize()) {
      return Optional.of(
          "it believes in a world of " + worldSize + ", not " + membership.worldSize());
    }
    List<Integer> ranks = peers.stream().map(Member::rank).toList();
    if (!ranks.contains(from)) {
      String expected = ranks.size() == 1 ? "not " + ranks.get(0) : "none of " + ranks;
      return Optional.of("it is rank " + from + ", " + expected);
    }
    if (to != membership.rank()) {
      return Optional.of("it looks for rank " + to + ", not " + membership.rank());
    }
    if (littleEndian != ByteOrder.nativeOrder().equals(ByteOrder.LITTLE_ENDIAN)) {
      return Optional.of("its numbers are in another byte order");
    }
    return Optional.empty();
  }
}
