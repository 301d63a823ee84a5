/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import io.cairn.collective.Link;
import io.cairn.collective.link.PushbackWire;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;

/**
 * The talk by which two connected ranks find out whether they can share memory. The end that was
 * called asks for it. The end that called makes a file with a random nonce in it and says where.
 * The other end looks for the file. If it sees the nonce there, both have the same memory, and the
 * file loses its name. If not, they try the next place, and after the last one bytes go through the
 * connection, as between hosts. A file has a name only between an offer and its answer, and nobody
 * offers before the other end is ready to answer.
 *
 * <pre>
 *   the end that called                          the end that was called
 *
 *   state          event          next           state         event             next
 *   WAITING        ASK heard      OFFERED        ASKING        ASK sent          ASKED
 *                  ASK heard, no  OUT_OF_PLACES  ASKED         OFFER, file seen  SAW
 *                  place is left                               OFFER, not seen   SAW_NOTHING
 *   OFFERED        MAPPED heard   SHARED_CALLING               NONE heard        SEPARATE
 *                  UNSEEN heard   OFFERED        SAW_NOTHING   UNSEEN sent       ASKED
 *                  UNSEEN heard,  OUT_OF_PLACES  SAW           MAPPED sent       SHARED_CALLED
 *                  no place left
 *   OUT_OF_PLACES  NONE sent      SEPARATE
 *
 *   any of these   anything else is heard, or the connection ends     SEPARATE
 *   any            released to whoever uses what was agreed, or closed  RELEASED
 * </pre>
 *
 * <p>SHARED_CALLING, SHARED_CALLED and SEPARATE are the ends of the talk. What was heard instead of
 * an answer, such as the abort of a rank that gives up, is left to whoever reads the wire next.
 *
 * <p>Owns the connection until {@link #release}, and the file. Threading: one thread.
 *
 * <p>Does not fail.
 */
public final class MemoryAgreement implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(MemoryAgreement.class.getName());

  private final Wire connection;
  private final List<Path> places;
  private final String names;
  private final ByteBuffer arriving = ByteBuffer.allocate(MemoryMessage.BYTES);
  private ByteBuffer leaving = ByteBuffer.allocate(0);
  private State state;

  /** Of the end that called, the place it offers; of the other, how many it was offered. */
  private int place;

  private SharedFile file;

  private enum State {
    /** Called; the question is on its way. */
    ASKING,
    /** Called; waits for an offer. */
    ASKED,
    /** Called; the answer that nothing was seen is on its way. */
    SAW_NOTHING,
    /** Called; the answer that the file is mapped is on its way. */
    SAW,
    /** Calling; waits to be asked. */
    WAITING,
    /** Calling; an offer is on its way, or its answer. */
    OFFERED,
    /** Calling; that there is nothing more is on its way. */
    OUT_OF_PLACES,
    /** Calling; agreed upon memory. */
    SHARED_CALLING,
    /** Called; agreed upon memory. */
    SHARED_CALLED,
    /** Agreed upon the connection. */
    SEPARATE,
    /** Passed on. */
    RELEASED
  }

  private MemoryAgreement(Wire connection, List<Path> places, String names, State state) {
    this.connection = connection;
    this.places = places;
    this.names = names;
    this.state = state;
  }

  /**
   * For the end that called, with its own places. Takes over the connection.
   *
   * @param names who talks to whom, for the log
   */
  public static MemoryAgreement offering(Wire connection, HostShare own, String names) {
    return new MemoryAgreement(connection, own.paths(), names, State.WAITING);
  }

  /**
   * For the end that was called, with the other's places. Takes over the connection.
   *
   * @param names who talks to whom, for the log
   */
  public static MemoryAgreement asking(Wire connection, HostShare others, String names) {
    MemoryAgreement agreement =
        new MemoryAgreement(connection, others.paths(), names, State.ASKING);
    agreement.leaving = MemoryMessage.of(MemoryMessageType.ASK).encode();
    return agreement;
  }

  /** For ranks that have nothing to agree upon. Takes over the connection. */
  public static MemoryAgreement none(Wire connection) {
    return new MemoryAgreement(connection, List.of(), "", State.SEPARATE);
  }

  /** Whether the talk has come to an end. */
  public boolean done() {
    return switch (state) {
      case SHARED_CALLING, SHARED_CALLED, SEPARATE, RELEASED -> true;
      case ASKING, ASKED, SAW_NOTHING, SAW, WAITING, OFFERED, OUT_OF_PLACES -> false;
    };
  }

  /** What they talk over. */
  public Wire connection() {
    return connection;
  }

  /** What to select for until it is done. */
  public int interest() {
    return done()
        ? 0
        : connection.interest(
            leaving.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
  }

  /** Goes on as far as is possible now. */
  public void advance() {
    try {
      boolean moved = true;
      while (moved && !done()) {
        moved = leaving.hasRemaining() ? speak() : listen();
      }
    } catch (IOException e) {
      separate("the connection broke: " + e.getMessage());
    }
  }

  private boolean speak() throws IOException {
    connection.write(leaving);
    if (leaving.hasRemaining()) {
      return false;
    }
    switch (state) {
      case ASKING, SAW_NOTHING -> state = State.ASKED;
      case SAW -> state = State.SHARED_CALLED;
      case OUT_OF_PLACES -> separate("it sees none of this rank's files");
      case OFFERED, ASKED, WAITING, SHARED_CALLING, SHARED_CALLED, SEPARATE, RELEASED -> {}
    }
    return true;
  }

  private boolean listen() throws IOException {
    int count = connection.read(arriving);
    if (count == Link.ENDED) {
      separate("the connection ended");
      return false;
    }
    if (!MemoryMessage.plausible(arriving)) {
      separate("it says something else");
      return false;
    }
    if (arriving.hasRemaining()) {
      return false;
    }
    Optional<MemoryMessage> message = MemoryMessage.decode(arriving.flip());
    if (message.isEmpty()) {
      arriving.position(arriving.limit());
      separate("it says something else");
      return false;
    }
    arriving.clear();
    hear(message.get());
    return true;
  }

  private void hear(MemoryMessage message) {
    switch (message.kind()) {
      case ASK -> {
        if (state == State.WAITING) {
          offer();
          return;
        }
      }
      case OFFER -> {
        if (state == State.ASKED && place < HostShare.MAX_PLACES) {
          place++;
          lookFor(message);
          return;
        }
      }
      case MAPPED -> {
        if (state == State.OFFERED) {
          share();
          return;
        }
      }
      case UNSEEN -> {
        if (state == State.OFFERED) {
          forget();
          place++;
          offer();
          return;
        }
      }
      case NONE -> {
        if (state == State.ASKED) {
          separate("this rank sees none of its files");
          return;
        }
      }
    }
    separate("it says " + message.kind() + " when it is not its turn");
  }

  private void share() {
    try {
      file.unlink();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "could not remove " + file.path(), e);
    }
    state = State.SHARED_CALLING;
    LOG.log(System.Logger.Level.INFO, "{0} through {1}", names, file.path().getParent());
  }

  /** Makes a file in the next place that will do. */
  private void offer() {
    SecureRandom random = new SecureRandom();
    byte[] name = new byte[SharedFile.NAME_BYTES];
    byte[] nonce = new byte[SharedFile.NONCE_BYTES];
    random.nextBytes(name);
    random.nextBytes(nonce);
    while (place < places.size()) {
      try {
        file = SharedFile.create(places.get(place), name, nonce);
        state = State.OFFERED;
        leaving = new MemoryMessage(MemoryMessageType.OFFER, place, name, nonce).encode();
        return;
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, names + ": a place that will not do", e);
        place++;
      }
    }
    state = State.OUT_OF_PLACES;
    leaving = MemoryMessage.of(MemoryMessageType.NONE).encode();
  }

  private void lookFor(MemoryMessage offer) {
    try {
      if (offer.place() < 0 || offer.place() >= places.size()) {
        throw new IOException("place " + offer.place() + " was not published");
      }
      file = SharedFile.open(places.get(offer.place()), offer.name(), offer.nonce());
      state = State.SAW;
      leaving = MemoryMessage.of(MemoryMessageType.MAPPED).encode();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, names + ": a file that is not there", e);
      state = State.SAW_NOTHING;
      leaving = MemoryMessage.of(MemoryMessageType.UNSEEN).encode();
    }
  }

  private void separate(String why) {
    LOG.log(
        System.Logger.Level.INFO,
        "{0} through the network, though they are on one host: {1}",
        names,
        why);
    forget();
    state = State.SEPARATE;
  }

  private void forget() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "could not remove " + file.path(), e);
      }
      file = null;
    }
  }

  /**
   * What the two have agreed upon; ownership passes. If they have not yet, the connection, unless
   * the other end may already believe in the memory: then nothing can be said to it, and the
   * connection is closed.
   */
  public Optional<Wire> release() {
    if (leaving.hasRemaining()) {
      return Optional.empty();
    }
    Optional<Wire> released =
        switch (state) {
          case SHARED_CALLING -> Optional.of(MemoryWire.calling(connection, file));
          case SHARED_CALLED -> Optional.of(MemoryWire.called(connection, file));
          case ASKED, WAITING, OUT_OF_PLACES, SEPARATE, ASKING, SAW_NOTHING -> Optional.of(heard());
          case OFFERED, SAW, RELEASED -> Optional.empty();
        };
    if (released.isPresent()) {
      state = State.RELEASED;
    }
    return released;
  }

  private Wire heard() {
    return arriving.position() == 0
        ? connection
        : new PushbackWire(connection, arriving.duplicate().flip());
  }

  @Override
  public void close() {
    if (state == State.RELEASED) {
      return;
    }
    state = State.RELEASED;
    forget();
    try {
      connection.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing a connection that was not used", e);
    }
  }
}
