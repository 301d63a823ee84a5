/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.memory.HostShare;
import io.cairn.json.StrictJson;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a rank tells all others when they first meet, as a line of JSON.
 *
 * @param rank its number
 * @param host numeric address it listens at
 * @param port port it listens at
 * @param gpu address of its GPU, empty for none
 * @param certificate fingerprint of its certificate, empty if connections are not encrypted
 * @param share the host whose memory it shares, empty if it shares none
 */
record Announcement(
    int rank,
    String host,
    int port,
    String gpu,
    Optional<Fingerprint> certificate,
    Optional<HostShare> share) {

  /** The same in JSON: a text is empty for what is absent. */
  private record Line(
      int rank,
      String host,
      int port,
      String gpu,
      String certificate,
      String system,
      List<String> places) {}

  Announcement {
    Objects.requireNonNull(host, "host");
    Objects.requireNonNull(gpu, "gpu");
    Objects.requireNonNull(certificate, "certificate");
    Objects.requireNonNull(share, "share");
  }

  /**
   * That of {@code member}.
   *
   * @param gpu address of its GPU, empty for none
   */
  static Announcement of(Member member, String gpu) {
    InetSocketAddress address = member.address();
    return new Announcement(
        member.rank(),
        address.getAddress().getHostAddress(),
        address.getPort(),
        gpu,
        member.certificate(),
        member.share());
  }

  String write() {
    return StrictJson.line(
        new Line(
            rank,
            host,
            port,
            gpu,
            certificate.map(Fingerprint::sha256).orElse(""),
            share.map(HostShare::host).orElse(""),
            share.map(HostShare::places).orElse(List.of())));
  }

  /**
   * All ranks' announcements by rank.
   *
   * @throws RendezvousException if a rank is missing or doubled, or two share a GPU
   */
  static List<Announcement> readAll(String[] lines, int worldSize) {
    List<Announcement> all = new ArrayList<>();
    for (String line : lines) {
      all.add(read(line));
    }
    all.sort(Comparator.comparingInt(Announcement::rank));
    for (int rank = 0; rank < worldSize; rank++) {
      if (all.size() != worldSize || all.get(rank).rank() != rank) {
        throw new RendezvousException(
            "the ranks that met are "
                + all.stream().map(Announcement::rank).toList()
                + ", the plan has "
                + worldSize);
      }
    }
    refuseSharedGpu(all);
    return all;
  }

  private static Announcement read(String text) {
    try {
      Line line = StrictJson.parse(text, Line.class);
      return new Announcement(
          line.rank(),
          line.host(),
          line.port(),
          line.gpu(),
          Optional.of(line.certificate()).filter(it -> !it.isEmpty()).map(Fingerprint::new),
          Optional.of(line.system())
              .filter(it -> !it.isEmpty())
              .map(host -> new HostShare(host, line.places())));
    } catch (IllegalArgumentException e) {
      throw new RendezvousException("a rank announced itself as \"" + text + "\"");
    }
  }

  /** YARN without isolation tells every executor of a host that it has GPU 0. */
  private static void refuseSharedGpu(List<Announcement> all) {
    Map<String, Announcement> owners = new HashMap<>();
    for (Announcement one : all) {
      if (one.gpu().isEmpty()) {
        continue;
      }
      Announcement other = owners.put(one.host() + "/" + one.gpu(), one);
      if (other != null) {
        throw new RendezvousException(
            "ranks "
                + other.rank()
                + " and "
                + one.rank()
                + " both have GPU "
                + one.gpu()
                + " of host "
                + one.host()
                + "; turn on the cluster manager's GPU isolation, or start one executor a host");
      }
    }
  }

  /** The group's members as the collective wants them. */
  static List<Member> members(List<Announcement> all) {
    return all.stream().map(Announcement::member).toList();
  }

  private Member member() {
    try {
      // A numeric address: no lookup.
      return new Member(
          rank, new InetSocketAddress(InetAddress.getByName(host), port), certificate, share);
    } catch (UnknownHostException e) {
      throw new RendezvousException("rank " + rank + " listens at \"" + host + "\", no address");
    }
  }
}
