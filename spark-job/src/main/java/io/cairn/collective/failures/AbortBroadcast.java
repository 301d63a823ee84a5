/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.failures;

import io.cairn.collective.CollectiveException;
import io.cairn.collective.Link;
import io.cairn.collective.messages.FaultCodec;
import io.cairn.collective.messages.FaultReporter;
import io.cairn.collective.messages.FrameHeader;
import io.cairn.collective.messages.Source;
import io.cairn.collective.messages.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells the sources and targets of this rank why the group is broken. They tell theirs. A target
 * can be told only when it has taken what is left of the message under way, so the broadcast waits,
 * but no longer than half a second.
 *
 * <p>Threading: one thread, once.
 *
 * <p>What fails here is added to the failure that is told.
 */
public final class AbortBroadcast {

  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Link link;
  private final FaultReporter reporter;
  private final CollectiveException failure;
  private final ByteBuffer abort;
  private final ByteBuffer discarded = ByteBuffer.allocateDirect(FrameHeader.BYTES);
  private final List<Target> pending = new ArrayList<>();

  /** Tells of {@code failure}. */
  public AbortBroadcast(
      Link link, FaultReporter reporter, long groupId, CollectiveException failure) {
    this.link = link;
    this.reporter = reporter;
    this.failure = failure;
    this.abort = FaultCodec.abortFrame(groupId, failure.fault());
  }

  /** Tells all that do not know yet. */
  public void send(List<Source> sources, List<Target> targets) throws IOException {
    sources.stream().filter(source -> !source.isInformed()).forEach(this::tell);
    targets.stream().filter(target -> !target.isInformed()).forEach(pending::add);
    long end = reporter.now() + PATIENCE_NANOS;
    boolean moved = tellTargets();
    while (!pending.isEmpty() && reporter.now() - end < 0) {
      targets.forEach(this::listenTo);
      if (!moved && !pending.isEmpty()) {
        BitSet waiting = new BitSet();
        pending.forEach(target -> waiting.set(target.place()));
        link.await(new BitSet(), waiting, PATIENCE_NANOS / 10);
      }
      moved = tellTargets();
    }
  }

  private void tell(Source source) {
    source.markInformed();
    try {
      source.sendAbort(abort.duplicate());
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Whoever says that it has failed needs no telling; and what is left unread would wake this rank
   * again and again.
   */
  private void listenTo(Target target) {
    if (target.ended().isPresent()) {
      drain(target);
      return;
    }
    try {
      target.inbox().look();
    } catch (CollectiveException heard) {
      target.end(new IOException("failed too", heard));
      // Else its news are damaged, and it has yet to hear of that.
      if (heard.isForwarded()) {
        target.markInformed();
        pending.remove(target);
      }
    } catch (IOException silent) {
      // Which says nothing about whether it can still be told.
      target.end(silent);
    }
  }

  /** Nobody is interested any more in what it says. */
  private void drain(Target target) {
    try {
      do {
        discarded.clear();
      } while (link.receiveBack(target.place(), discarded) > 0);
    } catch (IOException gone) {
      // Nothing more comes.
    }
  }

  /** Returns whether anybody took anything. */
  private boolean tellTargets() {
    boolean moved = false;
    for (Iterator<Target> rest = pending.iterator(); rest.hasNext(); ) {
      Target target = rest.next();
      try {
        moved |= target.outbox().flush();
        if (!target.outbox().isBusy() && !target.isInformed()) {
          target.markInformed();
          target.outbox().begin(abort.duplicate());
          moved |= target.outbox().flush();
        }
        if (!target.outbox().isBusy() || isSilent(target)) {
          rest.remove();
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
        rest.remove();
      }
    }
    return moved;
  }

  /** Whoever is silent does not listen either. */
  private boolean isSilent(Target target) {
    return failure instanceof CollectiveException.PeerSilent
        && failure.rank() == target.peer().rank();
  }
}
