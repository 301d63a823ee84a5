/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.link.Fingerprint;
import io.cairn.collective.link.membership.Member;
import io.cairn.collective.link.memory.HostShare;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnnouncementTest {

  private static String line(int rank, String host, String gpu) {
    return new Announcement(
            rank, host, 4000 + rank, gpu, Optional.of(certificate(rank)), share(rank))
        .write();
  }

  private static Fingerprint certificate(int rank) {
    return new Fingerprint(String.format("%064x", rank));
  }

  private static Optional<HostShare> share(int rank) {
    return rank == 0
        ? Optional.empty()
        : Optional.of(new HostShare("boot 7", List.of("/dev/shm", "/data/\u00e4 \"" + rank)));
  }

  private static Member member(int rank, int last) throws UnknownHostException {
    return new Member(
        rank, loopback(last, 4000 + rank), Optional.of(certificate(rank)), share(rank));
  }

  private static InetSocketAddress loopback(int last, int port) throws UnknownHostException {
    return new InetSocketAddress(
        InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), port);
  }

  @Test
  void ranksAreFoundWhateverTheOrderOfTheirAnnouncements() throws UnknownHostException {
    List<Announcement> all =
        Announcement.readAll(
            new String[] {line(1, "127.0.0.2", "0"), line(0, "127.0.0.1", "0")}, 2);
    assertThat(Announcement.members(all)).containsExactly(member(0, 1), member(1, 2));
  }

  @Test
  void twoRanksWithOneGpuAreRefusedByName() {
    assertThatThrownBy(
            () ->
                Announcement.readAll(
                    new String[] {line(0, "127.0.0.1", "0"), line(1, "127.0.0.1", "0")}, 2))
        .isInstanceOf(RendezvousException.class)
        .hasMessageContaining("ranks 0 and 1 both have GPU 0 of host 127.0.0.1");
  }

  @Test
  void ranksWithoutGpuMayShareAHost() {
    assertThat(
            Announcement.readAll(
                new String[] {line(0, "127.0.0.1", ""), line(1, "127.0.0.1", "")}, 2))
        .hasSize(2);
  }

  @Test
  void aMissingOrDoubledRankIsRefused() {
    assertThatThrownBy(
            () ->
                Announcement.readAll(
                    new String[] {line(1, "127.0.0.1", ""), line(1, "127.0.0.1", "")}, 2))
        .isInstanceOf(RendezvousException.class)
        .hasMessageContaining("the ranks that met are [1, 1], the plan has 2");
    assertThatThrownBy(() -> Announcement.readAll(new String[] {"nonsense"}, 1))
        .isInstanceOf(RendezvousException.class)
        .hasMessageContaining("nonsense");
  }
}
