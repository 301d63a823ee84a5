/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.RejectedStreamException;
import io.cairn.collective.link.StrangerException;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Calls a target again and again until it answers with a welcome. A target that is not listening
 * yet is tried again. So is one whose address still belongs to an older process, which says no.
 *
 * <p>Owns its wire until it is released.
 *
 * <p>Threading: one thread.
 *
 * <p>Does not fail; says what the last problem was.
 */
final class Dialer implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(Dialer.class.getName());
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Packets to a host that is gone are swallowed, and the system would retry for minutes. */
  private static final long ATTEMPT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /**
   * What is on its way to a rank on the same host should fit in the caches, or every byte goes out
   * to memory and back. Between hosts the system's own tuning reaches further than a fixed size.
   */
  private static final int SAME_HOST_BYTES = 256 * 1024;

  private final RingMembership membership;
  private final Member target;
  private final Wires wires;
  private final Selector selector;
  private final ByteBuffer hello;
  private final ByteBuffer answer = ByteBuffer.allocate(Handshake.BYTES);

  private State state = State.IDLE;
  private Wire wire;
  private long nextNanos = System.nanoTime();
  private String problem = "was not called";
  private boolean nobodyThere;
  private Optional<String> refusal = Optional.empty();

  private enum State {
    IDLE,
    CONNECTING,
    SHAKING_HANDS,
    CONNECTED,
    RELEASED
  }

  Dialer(RingMembership membership, Member target, Wires wires, Selector selector) {
    this.membership = membership;
    this.target = target;
    this.wires = wires;
    this.selector = selector;
    this.hello = Handshake.of(Handshake.Verdict.HELLO, membership, target.rank()).encode();
  }

  boolean connected() {
    return state == State.CONNECTED;
  }

  /** Whom it calls. */
  Member target() {
    return target;
  }

  /** Whether a call was answered with a no, or nobody listened at the last one. */
  boolean wasRefused() {
    return refusal.isPresent() || nobodyThere;
  }

  /** What stands in the way: the no if there ever was one, else what happened last. */
  String problem() {
    return refusal.orElse(problem);
  }

  /** Begins a call if none is under way and the pause after the last one is over. */
  void dialIfDue(long nowNanos) {
    if (state == State.CONNECTING && nowNanos - nextNanos >= 0) {
      hangUp("did not answer the connection");
    }
    if (state != State.IDLE || nowNanos - nextNanos < 0) {
      return;
    }
    InetSocketAddress address = target.address();
    try {
      SocketChannel channel = SocketChannel.open();
      wire = wires.to(target, channel);
      channel.configureBlocking(false);
      // Messages are written whole.
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      if (isOnThisHost(address)) {
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SAME_HOST_BYTES);
      }
      state = State.CONNECTING;
      nextNanos = nowNanos + ATTEMPT_NANOS;
      hello.rewind();
      answer.clear();
      boolean already =
          channel.connect(
              address.isUnresolved()
                  ? new InetSocketAddress(address.getHostString(), address.getPort())
                  : address);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, this);
      if (already) {
        ready(key);
      }
    } catch (UnresolvedAddressException e) {
      hangUp("has a name that cannot be resolved: " + address.getHostString());
    } catch (IOException e) {
      failed(e);
    }
  }

  private boolean isOnThisHost(InetSocketAddress address) {
    return !address.isUnresolved()
        && (address.getAddress().isLoopbackAddress()
            || address.getAddress().equals(membership.self().address().getAddress()));
  }

  /** Goes on with the call under way. */
  void ready(SelectionKey key) {
    try {
      if (state == State.CONNECTING && wire.channel().finishConnect()) {
        state = State.SHAKING_HANDS;
        nobodyThere = false;
        problem = "accepted the connection but did not answer it";
      }
      if (state == State.SHAKING_HANDS) {
        shakeHands(key);
      }
    } catch (StrangerException e) {
      String why = "is not the one that was called: " + e.particulars();
      if (e.reason() == StrangerException.Reason.HUNG_UP) {
        refuseWithoutAWord(why);
      } else {
        refuse(why);
      }
    } catch (DamagedStreamException | RejectedStreamException e) {
      refuse("broke off the connection: " + e.getMessage());
    } catch (IOException e) {
      failed(e);
    }
  }

  private void shakeHands(SelectionKey key) throws IOException {
    wire.write(hello);
    if (hello.hasRemaining()) {
      key.interestOps(wire.interest(SelectionKey.OP_WRITE));
      return;
    }
    key.interestOps(wire.interest(SelectionKey.OP_READ));
    int count = wire.read(answer);
    if (count == Link.ENDED) {
      refuseWithoutAWord("closed the connection without a word");
      return;
    }
    if (!answer.hasRemaining()) {
      judge(Handshake.decode(answer.flip()));
    }
  }

  private void judge(Optional<Handshake> handshake) {
    Optional<String> mismatch =
        handshake.isEmpty()
            ? Optional.of("it does not speak this protocol")
            : handshake.get().mismatch(membership, List.of(target));
    if (mismatch.isPresent()) {
      refuse("is not the one that was called: " + mismatch.get());
    } else if (handshake.orElseThrow().verdict() != Handshake.Verdict.WELCOME) {
      refuse("refused the connection");
    } else {
      state = State.CONNECTED;
      wire.channel().keyFor(selector).interestOps(0);
    }
  }

  private void refuse(String why) {
    refusal = Optional.of(why);
    hangUp(why);
  }

  /** As a rank does whose own time is up: what was seen of it before says more. */
  private void refuseWithoutAWord(String why) {
    refusal = refusal.or(() -> Optional.of(why));
    hangUp(why);
  }

  private void failed(IOException e) {
    nobodyThere = e instanceof ConnectException;
    hangUp("could not be reached: " + e.getMessage());
  }

  private void hangUp(String why) {
    if (!why.equals(problem)) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "rank {0} at {1} {2}; calling again",
          target.rank(),
          target.address(),
          why);
    }
    problem = why;
    state = State.IDLE;
    nextNanos = System.nanoTime() + RETRY_NANOS;
    close();
  }

  /** The connection, if there is one; ownership passes. */
  Optional<Wire> release() {
    if (state != State.CONNECTED) {
      return Optional.empty();
    }
    state = State.RELEASED;
    return Optional.of(wire);
  }

  @Override
  public void close() {
    if (state == State.RELEASED || wire == null) {
      return;
    }
    try {
      wire.close();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closing a call that failed", e);
    }
    wire = null;
  }
}
