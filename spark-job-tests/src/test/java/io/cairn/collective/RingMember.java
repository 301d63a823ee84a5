/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.Member;
import io.cairn.collective.link.Protection;
import io.cairn.collective.link.RingEndpoint;
import io.cairn.collective.link.RingMembership;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * One rank as a process of its own: prints where it listens, reads where all listen, sums update
 * after update and prints a checksum of each, until it has done as many as it was asked for or the
 * group breaks.
 */
public final class RingMember {

  static final int DONE = 0;
  static final int BROKEN = 3;

  private static final long ATTEMPT = 99;

  /** A run without end must not wait for somebody to read what it prints. */
  private static final long UPDATES_PRINTED = 100;

  /** What is summed. */
  enum Payload {
    /** The latency is all. */
    SMALL(16, 1),
    /** A few segments. */
    MEDIUM(100_001, 101),
    /** Dozens of segments. */
    MANY_SEGMENTS(1_500_001, 100_001);

    private final BufferLayout layout;

    Payload(int floats, int doubles) {
      layout =
          BufferLayout.of(
              new Section(ElementType.FLOAT32, floats),
              new Section(ElementType.INT64, 3),
              new Section(ElementType.FLOAT64, doubles));
    }
  }

  private RingMember() {}

  /** Arguments: rank, updates, progress timeout in milliseconds, protection, payload. */
  public static void main(String[] arguments) throws IOException {
    // New keys every few updates, as a long run has them every 137 GB.
    Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^24");
    int rank = Integer.parseInt(arguments[0]);
    long updates = Long.parseLong(arguments[1]);
    Duration progressTimeout = Duration.ofMillis(Long.parseLong(arguments[2]));
    Protection protection = Protection.valueOf(arguments[3]);
    BufferLayout layout = Payload.valueOf(arguments[4]).layout;
    PrintStream out = System.out;
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (RingEndpoint endpoint = RingEndpoint.bind(InetAddress.getLoopbackAddress(), protection)) {
      String certificate = endpoint.member(rank).certificate().map(Fingerprint::sha256).orElse("");
      out.println("MEMBER " + endpoint.address().getPort() + ":" + certificate);
      List<Member> members = members(in.readLine());
      RingMembership membership =
          new RingMembership(
              ATTEMPT, rank, members, Duration.ofSeconds(20), progressTimeout, () -> false);
      try (AllReduce group = endpoint.connect(membership)) {
        for (long update = 1; update <= updates; update++) {
          String result = sum(group, update, layout);
          if (update <= UPDATES_PRINTED) {
            out.println("UPDATE " + update + " " + result);
          }
        }
      }
      System.exit(DONE);
    } catch (CollectiveException failure) {
      out.println("BROKEN " + failure.getClass().getSimpleName() + " " + failure.getMessage());
      System.exit(BROKEN);
    }
  }

  /** From words of port and fingerprint, the latter empty without encryption. */
  private static List<Member> members(String published) {
    List<Member> members = new ArrayList<>();
    for (String member : List.of(published.split(" ", -1))) {
      String[] parts = member.split(":", -1);
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(parts[0]));
      Optional<Fingerprint> certificate =
          parts[1].isEmpty() ? Optional.empty() : Optional.of(new Fingerprint(parts[1]));
      members.add(new Member(members.size(), address, certificate));
    }
    return members;
  }

  private static String sum(AllReduce group, long update, BufferLayout layout) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(layout.sizeBytes()).order(ByteOrder.nativeOrder());
    Random random = new Random(update * 1000 + group.rank());
    for (int i = 0; i < layout.sections().get(0).count(); i++) {
      buffer.putFloat(i * Float.BYTES, random.nextFloat() - 0.5f);
    }
    buffer.putLong(layout.offsetBytes(1), group.rank() + 1);
    group.sum(update, buffer, layout);
    long ranks = buffer.getLong(layout.offsetBytes(1));
    CRC32C crc = new CRC32C();
    crc.update(buffer);
    return "ranks=" + ranks + " crc=" + Long.toHexString(crc.getValue());
  }
}
