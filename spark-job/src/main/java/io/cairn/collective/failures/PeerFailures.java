/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.failures;

import io.cairn.collective.CollectiveException;
import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.FaultKind;
import io.cairn.collective.Link;
import io.cairn.collective.Peer;
import io.cairn.collective.RejectedStreamException;
import io.cairn.collective.messages.FaultReporter;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.Partner;
import io.cairn.collective.messages.Source;
import io.cairn.collective.messages.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Judges what other ranks report, and what the end of a connection means. There are three cases. A
 * failure that concerns this sum is thrown. A failure of a later sum, from a rank that is ahead, is
 * kept until that sum begins. And a connection may end without any failure, because neither rank
 * owed the other anything more.
 *
 * <p>Belongs to one group.
 *
 * <p>Threading: one thread.
 *
 * <p>A failure of this sum is thrown as the {@link CollectiveException} of its first cause.
 */
public final class PeerFailures {

  /** How long a rank that gave up may take to say why, after a connection of its ended. */
  private static final long REASON_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Link link;
  private final FaultReporter reporter;
  private final List<Source> sources;
  private final List<Target> targets;
  private final ReceivingHalf incoming;
  private final SendingHalf outgoing;

  private CollectiveException later;

  /** Of the sums that go through these two halves, one after the other. */
  public PeerFailures(
      Link link,
      FaultReporter reporter,
      List<Source> sources,
      List<Target> targets,
      ReceivingHalf incoming,
      SendingHalf outgoing) {
    this.link = link;
    this.reporter = reporter;
    this.sources = sources;
    this.targets = targets;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** Fails with what was heard of a later sum, if anything was: that one cannot be. */
  public void failIfHeard() {
    if (later != null) {
      throw later;
    }
  }

  /** Looks for news, of which any rank may have some. */
  public void listen() {
    for (Target target : targets) {
      if (target.ended().isEmpty()) {
        listenTo(target);
      }
      if (target.ended().isPresent()) {
        failIfOwed(target);
      }
    }
    for (Source source : sources) {
      // A header taken here, after the look for it, would wake nobody any more.
      if (source.ended().isEmpty() && !incoming.expectsHeaderOf(source)) {
        look(source);
      }
    }
    for (Source source : sources) {
      if (source.ended().isPresent() && incoming.needs(source)) {
        throw lost(source.peer(), source.inbox().lastHeardNanos(), source.ended().get());
      }
    }
  }

  /**
   * That a target has closed matters only while something is still to be sent to it: it may have
   * finished, and be gone, before this rank.
   */
  public void failIfOwed(Target target) {
    if (outgoing.owes(target)) {
      target.markInformed();
      throw lost(target.peer(), target.outbox().lastTakenNanos(), target.ended().orElseThrow());
    }
  }

  private void listenTo(Target target) {
    Optional<FrameHeader> unexpected = look(target);
    if (unexpected.isPresent()) {
      throw reporter.saw(
          FaultKind.CORRUPT,
          target.peer(),
          target.inbox().lastHeardNanos(),
          "sent a message against the stream's direction: " + unexpected.get().describe());
    }
  }

  /** The next message of a rank, if it is there; the rank has ended if it gave up, or is gone. */
  private Optional<FrameHeader> look(Partner partner) {
    try {
      return partner.inbox().look();
    } catch (CollectiveException failure) {
      if (!failure.isForwarded() || isNeeded(partner)) {
        throw failure;
      }
      partner.markInformed();
      keepIfLater(failure);
      partner.end(new IOException("gave up in a later update"));
    } catch (IOException e) {
      partner.end(e);
    }
    return Optional.empty();
  }

  private boolean isNeeded(Partner partner) {
    return partner instanceof Source source && incoming.needs(source);
  }

  /**
   * News of a failure in a later update means that whatever this one needs is on its way, so it is
   * kept for the next call.
   */
  private void keepIfLater(CollectiveException failure) {
    if (failure.update() <= reporter.update()) {
      throw failure;
    }
    later = failure;
  }

  /** The failure that the end of the connection with {@code peer} means. */
  public CollectiveException lost(Peer peer, long lastHeardNanos, IOException cause) {
    if (later != null) {
      return later;
    }
    if (cause instanceof DamagedStreamException) {
      String detail = "sent bytes that do not verify: " + cause.getMessage();
      return reporter.saw(FaultKind.CORRUPT, peer, lastHeardNanos, detail, cause);
    }
    if (cause instanceof RejectedStreamException) {
      // What the other rank reports, too.
      String detail =
          "sent bytes that do not verify, says rank " + peer.rank() + ": " + cause.getMessage();
      return reporter.saw(FaultKind.CORRUPT, link.self(), lastHeardNanos, detail, cause);
    }
    awaitReason();
    if (later != null) {
      return later;
    }
    String detail = "was lost: " + cause.getMessage();
    return reporter.saw(FaultKind.PEER_LOST, peer, lastHeardNanos, detail, cause);
  }

  /**
   * A rank that gave up may have said why on another connection than the one whose end was noticed
   * first, or another rank may know: where this rank itself was away for too long, its source ends
   * the connection without a word that could still be sent, and its target says what happened.
   */
  private void awaitReason() {
    long end = reporter.now() + REASON_NANOS;
    while (mayStillBeTold() && reporter.now() - end < 0) {
      await(end - reporter.now());
      // To all, since whatever is left unread would end each wait at once.
      targets.stream().filter(target -> target.ended().isEmpty()).forEach(this::listenTo);
    }
  }

  private boolean mayStillBeTold() {
    return targets.stream().anyMatch(target -> target.ended().isEmpty());
  }

  private void await(long nanos) {
    try {
      link.await(new BitSet(), new BitSet(), nanos);
    } catch (IOException e) {
      throw new UncheckedIOException("waiting for the other ranks", e);
    }
  }
}
