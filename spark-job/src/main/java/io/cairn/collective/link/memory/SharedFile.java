/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import io.cairn.mapping.Unmapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * The file that two neighbours map. It holds a nonce and both {@link SpscByteRing}s. The file has a
 * name only until the other side has mapped it. After that it has none, and it is gone with the
 * last process that has it mapped.
 *
 * <p>All of it is written before it is mapped. A full disk is noticed then, and not by a signal
 * later. Nobody who can open the file ever shortens it, and soon nobody can open it.
 *
 * <p>Whoever made it closes it. Closing unmaps the file, and removes its name if this process made
 * it and the name is still there.
 *
 * <p>Threading: one thread, and no access to the memory after closing.
 *
 * <p>Fails with an {@link IOException} that says why this place will not do.
 */
final class SharedFile implements AutoCloseable {

  static final int NAME_BYTES = 16;
  static final int NONCE_BYTES = 16;

  /** Bytes of the ring that data go through, so few that they stay in the caches. */
  static final int FORWARD_BYTES = 1 << 20;

  /** Of the back-channel, which carries heartbeats and an abort. */
  private static final int BACK_BYTES = 1 << 13;

  /** The nonce has a cache line and its neighbours to itself. */
  static final int FORWARD_CONTROL = 512;

  private static final int BACK_CONTROL = FORWARD_CONTROL + SpscByteRing.CONTROL_BYTES;
  static final int FORWARD_RING = 4096;
  private static final int BACK_RING = FORWARD_RING + FORWARD_BYTES;

  static final int SIZE_BYTES = BACK_RING + BACK_BYTES;

  private static final SpscByteRing.Place FORWARD =
      new SpscByteRing.Place(FORWARD_CONTROL, FORWARD_RING, FORWARD_BYTES);
  private static final SpscByteRing.Place BACK =
      new SpscByteRing.Place(BACK_CONTROL, BACK_RING, BACK_BYTES);

  /** A place with less room than this many files is left to others. */
  private static final int ROOM_IN_FILES = 4;

  private static final int PERMISSIONS = 0777;
  private static final int OWNER_ONLY = 0600;
  private static final Path SELF = Path.of("/proc/self");

  private final Path path;
  private final MappedByteBuffer memory;
  private boolean named;
  private boolean closed;

  private SharedFile(Path path, MappedByteBuffer memory, boolean named) {
    this.path = path;
    this.memory = memory;
    this.named = named;
  }

  /** Where a file of this name lies. */
  static Path path(Path place, byte[] name) {
    return place.resolve("cairn-" + HexFormat.of().formatHex(name) + ".ring");
  }

  /** Makes and maps a new file that only this user can open. */
  static SharedFile create(Path place, byte[] name, byte[] nonce) throws IOException {
    FileStore store = Files.getFileStore(place);
    if (store.getUsableSpace() < (long) ROOM_IN_FILES * SIZE_BYTES) {
      throw new IOException(
          place + " has only " + store.getUsableSpace() + " bytes free (" + store.type() + ")");
    }
    Path path = path(place, name);
    try (FileChannel channel =
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      try {
        ByteBuffer content = ByteBuffer.allocate(SIZE_BYTES).put(0, nonce);
        while (content.hasRemaining()) {
          channel.write(content);
        }
        return new SharedFile(path, map(channel), true);
      } catch (IOException | RuntimeException e) {
        Files.deleteIfExists(path);
        throw e;
      }
    }
  }

  /**
   * Maps the file that another process has made; nothing is written to it.
   *
   * @throws IOException also if it is not there, is no file of that kind, or has another nonce
   */
  static SharedFile open(Path place, byte[] name, byte[] nonce) throws IOException {
    Path path = path(place, name);
    requireOurs(path);
    try (FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() != SIZE_BYTES) {
        throw new IOException(path + " has " + channel.size() + " bytes, not " + SIZE_BYTES);
      }
      SharedFile file = new SharedFile(path, map(channel), false);
      byte[] found = new byte[NONCE_BYTES];
      file.memory.get(0, found);
      if (!Arrays.equals(found, nonce)) {
        file.close();
        throw new IOException(path + " is another file");
      }
      return file;
    }
  }

  /** A regular file of this user's that nobody else can open, under one name and no link. */
  private static void requireOurs(Path path) throws IOException {
    var attributes = Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS);
    boolean ours =
        Boolean.TRUE.equals(attributes.get("isRegularFile"))
            && attributes.get("uid").equals(Files.getAttribute(SELF, "unix:uid"))
            && ((int) attributes.get("mode") & PERMISSIONS) == OWNER_ONLY
            && attributes.get("nlink").equals(1);
    if (!ours) {
      throw new IOException(path + " is not a file that a rank of this user has made");
    }
  }

  private static MappedByteBuffer map(FileChannel channel) throws IOException {
    return channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE_BYTES);
  }

  /** From now on it has no name: it ends with those who have mapped it. */
  void unlink() throws IOException {
    if (named) {
      Files.deleteIfExists(path);
      named = false;
    }
  }

  /** Where the sender of data writes. */
  SpscByteRing.Writer forwardWriter() {
    return new SpscByteRing.Writer(memory, FORWARD);
  }

  /** Where their receiver reads. */
  SpscByteRing.Reader forwardReader() {
    return new SpscByteRing.Reader(memory, FORWARD);
  }

  /** Where the receiver of data writes. */
  SpscByteRing.Writer backWriter() {
    return new SpscByteRing.Writer(memory, BACK);
  }

  /** Where the sender of data reads. */
  SpscByteRing.Reader backReader() {
    return new SpscByteRing.Reader(memory, BACK);
  }

  /** Where it lies, or lay. */
  Path path() {
    return path;
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      unlink();
    } finally {
      Unmapping.unmap(memory);
    }
  }
}
