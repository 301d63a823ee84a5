/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.membership.Ports;
import io.cairn.collective.link.membership.Protection;
import io.cairn.collective.link.membership.RingEndpoint;
import io.cairn.collective.link.membership.RingMembership;
import io.cairn.collective.link.memory.HostShare;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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

  private static final long GROUP_ID = 99;

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

  /** Arguments: those of {@link Place}, payload, updates. */
  public static void main(String[] arguments) throws IOException {
    // New keys every few updates, as a long run has them every 137 GB.
    Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^24");
    BufferLayout layout = Payload.valueOf(arguments[Place.ARGUMENTS]).layout;
    long updates = Long.parseLong(arguments[Place.ARGUMENTS + 1]);
    PrintStream out = System.out;
    try (AllReduce group = join(Place.of(arguments))) {
      for (long update = 1; update <= updates; update++) {
        String result = sum(group, update, layout);
        if (update <= UPDATES_PRINTED) {
          out.println("UPDATE " + update + " " + result);
        }
      }
    } catch (CollectiveException failure) {
      out.println("BROKEN " + failure.getClass().getSimpleName() + " " + failure.getMessage());
      System.exit(BROKEN);
    }
    System.exit(DONE);
  }

  /**
   * Which rank a process is, and how it meets the others.
   *
   * @param rank its number
   * @param host the address it listens at
   * @param protection of the ring
   * @param progressTimeout longest silence
   * @param memory where all ranks share memory, if they do
   */
  record Place(
      int rank,
      String host,
      Protection protection,
      Duration progressTimeout,
      Optional<Path> memory) {

    static final int ARGUMENTS = 5;

    private static final String NO_MEMORY = "-";

    /** One that shares no memory. */
    Place(int rank, String host, Protection protection, Duration progressTimeout) {
      this(rank, host, protection, progressTimeout, Optional.empty());
    }

    static Place of(String[] arguments) {
      return new Place(
          Integer.parseInt(arguments[0]),
          arguments[1],
          Protection.valueOf(arguments[2]),
          Duration.ofMillis(Long.parseLong(arguments[3])),
          Optional.of(arguments[4]).filter(path -> !path.equals(NO_MEMORY)).map(Path::of));
    }

    List<String> arguments() {
      return List.of(
          Integer.toString(rank),
          host,
          protection.name(),
          Long.toString(progressTimeout.toMillis()),
          memory.map(Path::toString).orElse(NO_MEMORY));
    }

    Optional<HostShare> share() {
      return memory.map(path -> new HostShare("this host", List.of(path.toString())));
    }
  }

  /** Says where this rank is, hears where all are, and connects. */
  static AllReduce join(Place place) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    InetAddress address = InetAddress.getByName(place.host());
    try (RingEndpoint endpoint =
        RingEndpoint.bind(address, Ports.ANY, place.protection(), place.share())) {
      String certificate =
          endpoint.member(place.rank()).certificate().map(Fingerprint::sha256).orElse("");
      System.out.println(
          "MEMBER " + place.host() + ":" + endpoint.address().getPort() + ":" + certificate);
      List<Member> members = members(in.readLine(), place.share());
      return endpoint.connect(
          new RingMembership(
              GROUP_ID,
              place.rank(),
              members,
              Duration.ofSeconds(20),
              place.progressTimeout(),
              () -> false));
    }
  }

  /** From words of host, port and fingerprint, the last one empty without encryption. */
  private static List<Member> members(String published, Optional<HostShare> share)
      throws IOException {
    List<Member> members = new ArrayList<>();
    for (String member : List.of(published.split(" ", -1))) {
      String[] parts = member.split(":", -1);
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getByName(parts[0]), Integer.parseInt(parts[1]));
      Optional<Fingerprint> certificate =
          parts[2].isEmpty() ? Optional.empty() : Optional.of(new Fingerprint(parts[2]));
      members.add(new Member(members.size(), address, certificate, share));
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
