/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The order in which the ring passes through the ranks. It goes host by host, so that the ranks of
 * a host are neighbours and a single stream enters and leaves the host. Hosts come in the order of
 * their lowest rank, and the ranks of a host ascend. Where every rank is on a host of its own, or
 * all are on one, that is the order of the ranks.
 *
 * <p>The order follows from the members alone, so all ranks find the same one.
 *
 * <p>Threading: immutable.
 *
 * @param ranks by position in the ring
 */
record RingOrder(List<Integer> ranks) {

  RingOrder {
    ranks = List.copyOf(ranks);
  }

  /** Members that say nothing of their host are on one of their own. */
  static RingOrder of(List<Member> members) {
    Map<String, List<Integer>> byHost = new LinkedHashMap<>();
    for (Member member : members) {
      String host =
          member.share().map(share -> "host " + share.host()).orElse("rank " + member.rank());
      byHost.computeIfAbsent(host, first -> new ArrayList<>()).add(member.rank());
    }
    return new RingOrder(byHost.values().stream().flatMap(List::stream).toList());
  }

  /** Where {@code rank} stands. */
  int position(int rank) {
    return ranks.indexOf(rank);
  }

  /** Who stands at {@code position}. */
  int rank(int position) {
    return ranks.get(position);
  }
}
