/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What the other ranks say besides data, and what follows from a connection's end: which failure is
 * this sum's, which belongs to a later one, and which is none, because nothing was owed any more.
 *
 * <p>Owned by one group. Threading: one thread. A failure of this sum is thrown as the {@link
 * CollectiveException} of its first cause.
 */
final class News {

  /** How long a rank that gave up may take to say why, after a connection of its ended. */
  private static final long REASON_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Link link;
  private final Witness witness;
  private final List<Source> sources;
  private final List<Target> targets;
  private final Incoming incoming;
  private final Outgoing outgoing;

  private CollectiveException later;

  News(
      Link link,
      Witness witness,
      List<Source> sources,
      List<Target> targets,
      Incoming incoming,
      Outgoing outgoing) {
    this.link = link;
    this.witness = witness;
    this.sources = sources;
    this.targets = targets;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** Fails with what was heard of a later sum, if anything was: that one cannot be. */
  void failIfHeard() {
    if (later != null) {
      throw later;
    }
  }

  /** Looks for news, of which any rank may have some. */
  void listen() {
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
        listenTo(source);
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
  void failIfOwed(Target target) {
    if (outgoing.owes(target)) {
      target.markInformed();
      throw lost(target.peer(), target.outbox().lastTakenNanos(), target.ended().orElseThrow());
    }
  }

  private void listenTo(Target target) {
    try {
      Optional<FrameHeader> unexpected = target.news().look();
      if (unexpected.isPresent()) {
        throw witness.saw(
            Fault.Kind.CORRUPT,
            target.peer(),
            target.news().lastHeardNanos(),
            "sent a message against the stream's direction: " + unexpected.get().describe());
      }
    } catch (CollectiveException failure) {
      if (failure.isForwarded()) {
        target.markInformed();
        keepIfLater(failure);
        target.end(new IOException("gave up in a later update"));
      } else {
        throw failure;
      }
    } catch (IOException e) {
      target.end(e);
    }
  }

  private void listenTo(Source source) {
    try {
      source.inbox().look();
    } catch (CollectiveException failure) {
      if (failure.isForwarded() && !incoming.needs(source)) {
        source.markInformed();
        keepIfLater(failure);
        source.end(new IOException("gave up in a later update"));
      } else {
        throw failure;
      }
    } catch (IOException e) {
      source.end(e);
    }
  }

  /**
   * News of a failure in a later update means that whatever this one needs is on its way, so it is
   * kept for the next call.
   */
  private void keepIfLater(CollectiveException failure) {
    if (failure.update() <= witness.update()) {
      throw failure;
    }
    later = failure;
  }

  CollectiveException lost(Peer peer, long lastHeardNanos, IOException cause) {
    if (later != null) {
      return later;
    }
    if (cause instanceof DamagedStreamException) {
      String detail = "sent bytes that do not verify: " + cause.getMessage();
      return witness.saw(Fault.Kind.CORRUPT, peer, lastHeardNanos, detail, cause);
    }
    if (cause instanceof RejectedStreamException) {
      // What the other rank reports, too.
      String detail =
          "sent bytes that do not verify, says rank " + peer.rank() + ": " + cause.getMessage();
      return witness.saw(Fault.Kind.CORRUPT, link.self(), lastHeardNanos, detail, cause);
    }
    awaitReason();
    if (later != null) {
      return later;
    }
    String detail = "was lost: " + cause.getMessage();
    return witness.saw(Fault.Kind.PEER_LOST, peer, lastHeardNanos, detail, cause);
  }

  /**
   * A rank that gave up may have said why on another connection than the one whose end was noticed
   * first, or another rank may know: where this rank itself was away for too long, its source ends
   * the connection without a word that could still be sent, and its target says what happened.
   */
  private void awaitReason() {
    long end = witness.now() + REASON_NANOS;
    while (mayStillBeTold() && witness.now() - end < 0) {
      await(end - witness.now());
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
