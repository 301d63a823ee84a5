/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Link;
import io.cairn.collective.Ranks;
import io.cairn.collective.link.PlainWire;
import io.cairn.collective.link.Wire;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two ends of a connection find out what memory they share, and what they do with it. */
class MemoryWireTest {

  @TempDir Path directory;
  private SocketChannel calling;
  private SocketChannel called;

  @BeforeEach
  void connect() throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      calling = SocketChannel.open(server.getLocalAddress());
      called = server.accept();
      calling.configureBlocking(false);
      called.configureBlocking(false);
    }
  }

  @AfterEach
  void close() throws IOException {
    calling.close();
    called.close();
  }

  private HostShare share(String... places) {
    return new HostShare("here", List.of(places));
  }

  private MemoryAgreement offering(HostShare share) {
    return MemoryAgreement.offering(new PlainWire(calling), share, "test");
  }

  private MemoryAgreement asking(HostShare share) {
    return MemoryAgreement.asking(new PlainWire(called), share, "test");
  }

  private static void agree(MemoryAgreement one, MemoryAgreement other) {
    while (!one.done() || !other.done()) {
      one.advance();
      other.advance();
    }
  }

  private List<Wire> shared() {
    HostShare share = share(directory.toString());
    MemoryAgreement one = offering(share);
    MemoryAgreement other = asking(share);
    agree(one, other);
    return List.of(one.release().orElseThrow(), other.release().orElseThrow());
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.UTF_8.decode(buffer.flip()).toString();
  }

  /** Until there is something, the end, or a failure. */
  private static int readSome(Wire wire, ByteBuffer into) throws IOException {
    try (Selector selector = Selector.open()) {
      wire.channel().register(selector, 0);
      int count = wire.read(into);
      while (count == 0) {
        if (!wire.readyOrWatched(SelectionKey.OP_READ)) {
          wire.channel().keyFor(selector).interestOps(wire.interest(SelectionKey.OP_READ));
          selector.select();
          selector.selectedKeys().clear();
        }
        count = wire.read(into);
      }
      return count;
    }
  }

  private static void writeAll(Wire wire, ByteBuffer from) throws IOException {
    try (Selector selector = Selector.open()) {
      wire.channel().register(selector, 0);
      wire.write(from);
      while (from.hasRemaining()) {
        if (!wire.readyOrWatched(SelectionKey.OP_WRITE)) {
          wire.channel().keyFor(selector).interestOps(wire.interest(SelectionKey.OP_WRITE));
          selector.select();
          selector.selectedKeys().clear();
        }
        wire.write(from);
      }
    }
  }

  @Test
  void neighboursThatSeeTheSameFileShareItAndItsNameIsGone() throws IOException {
    List<Wire> ends = shared();
    assertThat(ends).allSatisfy(end -> assertThat(end).isInstanceOf(MemoryWire.class));
    assertThat(directory).isEmptyDirectory();
    ends.get(0).write(bytes("there"), bytes(" and"));
    ends.get(1).write(bytes("back"));
    ByteBuffer there = ByteBuffer.allocate(100);
    ByteBuffer back = ByteBuffer.allocate(100);
    assertThat(ends.get(1).read(there)).isEqualTo(9);
    assertThat(ends.get(0).read(back)).isEqualTo(4);
    assertThat(text(there)).isEqualTo("there and");
    assertThat(text(back)).isEqualTo("back");
    assertThat(SharedMapping.in(directory)).hasSize(2);
    for (Wire end : ends) {
      end.close();
      end.close();
    }
    assertThat(SharedMapping.in(directory)).isEmpty();
    assertThatThrownBy(() -> ends.get(0).write(bytes("more"))).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ends.get(1).read(there)).isInstanceOf(IOException.class);
  }

  @Test
  void placesThatWillNotDoArePassedOver() throws IOException {
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    Path common = Files.createDirectory(directory.resolve("common"));
    String missing = directory.resolve("missing").toString();
    MemoryAgreement one = offering(share(missing, mine.toString(), common.toString()));
    // As in another container: the same names, other directories.
    MemoryAgreement other = asking(share(missing, theirs.toString(), common.toString()));
    agree(one, other);
    try (Wire first = one.release().orElseThrow();
        Wire second = other.release().orElseThrow()) {
      assertThat(List.of(first, second))
          .allSatisfy(end -> assertThat(end).isInstanceOf(MemoryWire.class));
      assertThat(SharedMapping.in(common)).hasSize(2);
      assertThat(SharedMapping.in(mine)).isEmpty();
    }
    assertThat(List.of(mine, theirs, common))
        .allSatisfy(place -> assertThat(place).isEmptyDirectory());
  }

  @Test
  void neighboursThatSeeNoCommonPlaceKeepTheirConnection() throws IOException {
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    MemoryAgreement one = offering(share(mine.toString()));
    MemoryAgreement other = asking(share(theirs.toString()));
    agree(one, other);
    assertThat(one.release()).containsInstanceOf(PlainWire.class);
    assertThat(other.release()).containsInstanceOf(PlainWire.class);
    assertThat(mine).isEmptyDirectory();
  }

  @Test
  void aFileWithoutTheNonceIsNotShared() throws IOException {
    Path mine = Files.createDirectory(directory.resolve("mine"));
    Path theirs = Files.createDirectory(directory.resolve("theirs"));
    MemoryAgreement one = offering(share(mine.toString()));
    MemoryAgreement other = asking(share(theirs.toString()));
    while (files(mine).isEmpty()) {
      other.advance();
      one.advance();
    }
    // Same name, same size, same owner, other content.
    Path twin = theirs.resolve(files(mine).get(0).getFileName());
    Files.copy(files(mine).get(0), twin, StandardCopyOption.COPY_ATTRIBUTES);
    Files.write(twin, new byte[] {1}, StandardOpenOption.WRITE);
    agree(one, other);
    assertThat(other.release()).containsInstanceOf(PlainWire.class);
    assertThat(SharedMapping.in(theirs)).isEmpty();
  }

  private static List<Path> files(Path place) throws IOException {
    try (var entries = Files.list(place)) {
      return entries.toList();
    }
  }

  @Test
  void whoGivesUpInsteadOfAgreeingIsHeard() throws IOException {
    MemoryAgreement one = offering(share(directory.toString()));
    one.advance();
    called.write(bytes("something else that is longer than a message about memory would be"));
    while (!one.done()) {
      one.advance();
    }
    try (Wire wire = one.release().orElseThrow()) {
      ByteBuffer heard = ByteBuffer.allocate(200);
      while (heard.position() < 66) {
        readSome(wire, heard);
      }
      assertThat(text(heard)).startsWith("something else").endsWith("memory would be");
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void whoClosesInsteadOfAgreeingIsNoticed() throws IOException {
    MemoryAgreement other = asking(share(directory.toString()));
    other.advance();
    calling.close();
    while (!other.done()) {
      other.advance();
    }
    try (Wire wire = other.release().orElseThrow()) {
      assertEnds(wire);
    }
  }

  /** With a word, or with a reset if something was on its way to the one who closed. */
  private static void assertEnds(Wire wire) {
    assertThatThrownBy(
            () -> {
              if (readSome(wire, ByteBuffer.allocate(1)) == Link.ENDED) {
                throw new IOException("ended");
              }
            })
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(DamagedStreamException.class);
  }

  @Test
  void anOfferThatWasNotAnsweredLeavesNothing() throws IOException {
    MemoryAgreement one = offering(share(directory.toString()));
    MemoryAgreement other = asking(share(directory.toString()));
    while (files(directory).isEmpty()) {
      other.advance();
      one.advance();
    }
    assertThat(one.release()).as("the other end may believe in it").isEmpty();
    one.close();
    assertThat(directory).isEmptyDirectory();
    assertThat(SharedMapping.in(directory)).isEmpty();
    other.close();
  }

  @Test
  void sleepingEndsPassManyRingsFull() {
    List<Wire> ends = shared();
    int size = 20 * SharedFile.FORWARD_BYTES + 12_345;
    List<Ranks.Outcome<Long>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  try (Wire end = ends.get(rank)) {
                    ByteBuffer buffer = ByteBuffer.allocateDirect(size);
                    if (rank == 0) {
                      for (int i = 0; i < size; i++) {
                        buffer.put(i, (byte) ((i * 31) >>> 4));
                      }
                      writeAll(end, buffer.duplicate());
                    } else {
                      while (buffer.hasRemaining()) {
                        assertThat(readSome(end, buffer)).isPositive();
                      }
                      assertEnds(end);
                    }
                    CRC32C crc = new CRC32C();
                    crc.update(buffer.clear());
                    return crc.getValue();
                  }
                });
    assertThat(outcomes.get(1).orFail()).isEqualTo(outcomes.get(0).orFail());
  }

  @Test
  void whatWasWrittenBeforeTheEndIsStillRead() throws IOException {
    List<Wire> ends = shared();
    ends.get(0).write(bytes("farewell"));
    ends.get(0).close();
    try (Wire other = ends.get(1)) {
      ByteBuffer heard = ByteBuffer.allocate(100);
      assertThat(readSome(other, heard)).isEqualTo(8);
      assertThat(text(heard)).isEqualTo("farewell");
      assertEnds(other);
    }
  }

  @Test
  void aDoorbellThatIsNoneIsDamage() throws IOException {
    List<Wire> ends = shared();
    calling.write(ByteBuffer.wrap(new byte[] {'G', 'E', 'T'}));
    try (Wire other = ends.get(1)) {
      assertThatThrownBy(() -> readSome(other, ByteBuffer.allocate(10)))
          .isInstanceOf(DamagedStreamException.class)
          .hasMessage("what should be a doorbell is 71");
    }
    ends.get(0).close();
  }
}
