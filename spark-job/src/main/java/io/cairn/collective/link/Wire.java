/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link;

import io.cairn.collective.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Optional;

/**
 * One connection, as a stream of bytes in each direction. Neither blocks. A wire establishes who is
 * at the other end while it is read and written. Before that is established nothing is read, and no
 * bytes are taken.
 *
 * <p>Owns its channel.
 *
 * <p>Threading: one thread at a time.
 *
 * <p>Throws {@link StrangerException} while it is established. Throws {@link
 * io.cairn.collective.DamagedStreamException} if bytes arrive that do not verify, and {@link
 * io.cairn.collective.RejectedStreamException} if the other end says so of bytes that were sent.
 * Any other {@link IOException} means that the connection is gone.
 */
public interface Wire extends AutoCloseable {

  /** What it goes over, to be selected on; nobody else reads or writes it. */
  SocketChannel channel();

  /**
   * Takes what has arrived.
   *
   * @param into borrowed until return
   * @return bytes taken, 0 if there are none now, {@link Link#ENDED} if there will be none
   */
  int read(ByteBuffer into) throws IOException;

  /**
   * Gives bytes, in order, as many as are taken now. What was not taken is offered again before
   * anything else is.
   *
   * @param from borrowed until return
   * @return bytes taken, may be 0; the system has them
   */
  long write(ByteBuffer... from) throws IOException;

  /**
   * Whether what arrives is what was written, all of it and in that order, by more than TCP's 16
   * bits.
   */
  boolean isProtected();

  /**
   * Whether bytes go through memory that both ends have, so that the other end may answer within
   * microseconds.
   */
  default boolean isMemory() {
    return false;
  }

  /** The certificate that the other end has proved to own, once established; none if plain. */
  Optional<Fingerprint> certificate() throws IOException;

  /**
   * What to select for.
   *
   * @param wanted selection-key operations of whoever wants to read or write
   */
  int interest(int wanted);

  /**
   * Whether something that is wanted is possible now and selecting does not show it.
   *
   * @param wanted selection-key operations of whoever wants to read or write
   */
  boolean ready(int wanted) throws IOException;

  /**
   * The same question before going to sleep: if the answer is no, selecting for {@link #interest}
   * shows it from now on.
   */
  default boolean readyOrWatched(int wanted) throws IOException {
    return ready(wanted);
  }

  /** Ends both streams; what has been taken is still delivered. */
  @Override
  void close() throws IOException;
}
