/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.collective.Algorithm;
import io.cairn.collective.AlgorithmChoice;
import io.cairn.collective.AllReduce;
import io.cairn.collective.BufferLayout;
import io.cairn.collective.BufferLayout.Section;
import io.cairn.collective.ElementType;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.HostShare;
import io.cairn.collective.link.Member;
import io.cairn.collective.link.Ports;
import io.cairn.collective.link.Protection;
import io.cairn.collective.link.RingEndpoint;
import io.cairn.collective.link.RingMembership;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One rank of an all-reduce, as a process that a {@link Contestant} commands. */
final class ReduceRank {

  private static final long ATTEMPT = 4;
  private static final Duration PATIENT = Duration.ofMinutes(1);
  private static final int LARGEST_BYTES = 100 << 20;

  /** How bytes go. */
  enum Way {
    PLAIN(Protection.PLAIN, Optional.empty()),
    TLS(Protection.TLS, Optional.empty()),
    SHARED_MEMORY(Protection.TLS, Optional.of(new HostShare("bench", List.of("/dev/shm"))));

    private final Protection protection;
    private final Optional<HostShare> share;

    Way(Protection protection, Optional<HostShare> share) {
      this.protection = protection;
      this.share = share;
    }
  }

  private ReduceRank() {}

  /** Arguments: rank, way, algorithm or CHEAPEST. */
  public static void main(String[] arguments) throws IOException {
    int rank = Integer.parseInt(arguments[0]);
    Way way = Way.valueOf(arguments[1]);
    AlgorithmChoice choice =
        arguments[2].equals("CHEAPEST")
            ? AlgorithmChoice.cheapest()
            : AlgorithmChoice.always(Algorithm.valueOf(arguments[2]));
    InetAddress here = InetAddress.getLoopbackAddress();
    ByteBuffer memory = ByteBuffer.allocateDirect(LARGEST_BYTES).order(ByteOrder.nativeOrder());
    try (RingEndpoint endpoint = RingEndpoint.bind(here, Ports.ANY, way.protection, way.share)) {
      String own =
          endpoint.address().getPort()
              + ":"
              + endpoint.member(rank).certificate().map(Fingerprint::sha256).orElse("");
      List<Member> members = members(Commands.meet(own), way);
      RingMembership membership =
          new RingMembership(ATTEMPT, rank, members, PATIENT, PATIENT, choice, () -> false);
      try (AllReduce group = endpoint.connect(membership)) {
        long[] update = {0};
        Commands.obey(
            bytes -> {
              BufferLayout layout =
                  BufferLayout.of(new Section(ElementType.FLOAT32, bytes / Float.BYTES));
              ByteBuffer buffer =
                  memory.slice(0, layout.sizeBytes()).order(ByteOrder.nativeOrder());
              group.sum(update[0]++, buffer, layout);
            });
      }
    }
  }

  private static List<Member> members(List<String> published, Way way) {
    List<Member> members = new ArrayList<>();
    for (String one : published) {
      List<String> parts = List.of(one.split(":", -1));
      InetSocketAddress address =
          new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(parts.get(0)));
      Optional<Fingerprint> certificate =
          Optional.of(parts.get(1)).filter(text -> !text.isEmpty()).map(Fingerprint::new);
      members.add(new Member(members.size(), address, certificate, way.share));
    }
    return members;
  }
}
