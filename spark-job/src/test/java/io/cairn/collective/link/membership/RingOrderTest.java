/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.link.memory.HostShare;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ring passes through one host after the other. */
class RingOrderTest {

  /** Members on hosts named by letters; a dot says nothing of its host. */
  private static List<Member> members(String hosts) {
    List<Member> members = new ArrayList<>();
    for (int rank = 0; rank < hosts.length(); rank++) {
      char host = hosts.charAt(rank);
      Optional<HostShare> share =
          host == '.'
              ? Optional.empty()
              : Optional.of(new HostShare(Character.toString(host), List.of("/" + rank)));
      members.add(new Member(rank, new InetSocketAddress("localhost", 1), Optional.empty(), share));
    }
    return members;
  }

  @ParameterizedTest
  @CsvSource({
    "a, 0",
    "aaaa, 0123",
    "abcd, 0123",
    "dcba, 0123",
    "...., 0123",
    "aabb, 0123",
    "abab, 0213",
    "baab, 0312",
    "abcabc, 031425",
    ".a.a, 0132",
    "ab.ba, 04132",
  })
  void hostsComeInTheOrderOfTheirLowestRank(String hosts, String order) {
    RingOrder ring = RingOrder.of(members(hosts));
    assertThat(ring.ranks()).isEqualTo(order.chars().mapToObj(digit -> digit - '0').toList());
    for (int position = 0; position < order.length(); position++) {
      assertThat(ring.position(ring.ranks().get(position))).isEqualTo(position);
    }
  }

  @Test
  void oneStreamEntersAndLeavesEachHost() {
    String hosts = "abcbacabcb";
    RingOrder ring = RingOrder.of(members(hosts));
    long crossings =
        ring.ranks().stream()
            .filter(rank -> hosts.charAt(rank) != hosts.charAt(next(ring, rank)))
            .count();
    assertThat(crossings).isEqualTo(3);
  }

  private static int next(RingOrder ring, int rank) {
    return ring.rank((ring.position(rank) + 1) % ring.ranks().size());
  }
}
