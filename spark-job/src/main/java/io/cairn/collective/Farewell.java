/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells the partners why a group is broken, as far as they can be told quickly: each first has to
 * take what is left of the message under way.
 *
 * <p>Threading: one thread, once.
 *
 * <p>What fails here is added to the failure it tells of.
 */
final class Farewell {

  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Link link;
  private final List<Partner> partners;
  private final Witness witness;
  private final CollectiveException failure;
  private final ByteBuffer abort;
  private final List<Partner> pending = new ArrayList<>();

  Farewell(
      Link link,
      List<Partner> partners,
      Witness witness,
      long attempt,
      CollectiveException failure) {
    this.link = link;
    this.partners = partners;
    this.witness = witness;
    this.failure = failure;
    this.abort = FaultCodec.abortFrame(attempt, failure.fault());
  }

  /** Tells all that do not know yet. */
  void say() throws IOException {
    partners.stream().filter(partner -> !partner.isInformed()).forEach(pending::add);
    long end = witness.now() + PATIENCE_NANOS;
    boolean moved = tell();
    while (!pending.isEmpty() && witness.now() - end < 0) {
      if (!moved) {
        link.await(interests(), PATIENCE_NANOS / 10);
      }
      moved = tell();
    }
  }

  /** Returns whether anybody took anything. */
  private boolean tell() {
    boolean moved = false;
    for (Iterator<Partner> rest = pending.iterator(); rest.hasNext(); ) {
      Partner partner = rest.next();
      try {
        moved |= partner.outbox().flush();
        if (!partner.outbox().isBusy() && !partner.isInformed()) {
          partner.markInformed();
          partner.outbox().begin(abort.duplicate());
          moved |= partner.outbox().flush();
        }
        if (!partner.outbox().isBusy() || isSilent(partner)) {
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
  private boolean isSilent(Partner partner) {
    return failure instanceof CollectiveException.PeerSilent
        && failure.rank() == partner.peer().rank();
  }

  private Link.Interest[] interests() {
    return partners.stream()
        .map(partner -> pending.contains(partner) ? Link.Interest.SEND : Link.Interest.NONE)
        .toArray(Link.Interest[]::new);
  }
}
