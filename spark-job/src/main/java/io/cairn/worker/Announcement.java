/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.memory.HostShare;
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
 * What a rank tells all others at the rendezvous, as a line of JSON.
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

  private static final ObjectMapper JSON = new ObjectMapper();

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
    try {
      String fingerprint = certificate.map(Fingerprint::sha256).orElse("");
      return JSON.writeValueAsString(
          Map.of(
              "rank",
              rank,
              "host",
              host,
              "port",
              port,
              "gpu",
              gpu,
              "certificate",
              fingerprint,
              "system",
              share.map(HostShare::host).orElse(""),
              "places",
              share.map(HostShare::places).orElse(List.of())));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
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

  private static Announcement read(String line) {
    try {
      var node = JSON.readTree(line);
      String fingerprint = node.required("certificate").asText();
      return new Announcement(
          node.required("rank").asInt(),
          node.required("host").asText(),
          node.required("port").asInt(),
          node.required("gpu").asText(),
          fingerprint.isEmpty() ? Optional.empty() : Optional.of(new Fingerprint(fingerprint)),
          share(node));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new RendezvousException("a rank announced itself as \"" + line + "\"");
    }
  }

  private static Optional<HostShare> share(JsonNode node) {
    List<String> places = new ArrayList<>();
    node.required("places").forEach(place -> places.add(place.asText()));
    String system = node.required("system").asText();
    return system.isEmpty() ? Optional.empty() : Optional.of(new HostShare(system, places));
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
