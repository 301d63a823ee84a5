/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The bytes of a model archive in memory. They are in pieces, because a Java array holds less than
 * 2 GiB and the archive of a large model is longer.
 *
 * <p>Threading: immutable; the pieces are not to be changed.
 *
 * @param pieces one after the other
 */
public record ArchiveBytes(List<byte[]> pieces) {

  /** Of all pieces but the last: what a worker's heap has to hold at a time. */
  static final int PIECE_BYTES = 256 << 20;

  /** The longest array that every Java makes. */
  static final int LONGEST_ARRAY_BYTES = Integer.MAX_VALUE - 16;

  public ArchiveBytes {
    pieces = List.copyOf(pieces);
  }

  /** Writes an archive. */
  @FunctionalInterface
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** What {@code content} writes. */
  static ArchiveBytes of(Content content) throws IOException {
    return of(content, PIECE_BYTES);
  }

  /** The same in pieces of another length. */
  static ArchiveBytes of(Content content, int pieceBytes) throws IOException {
    Cutter cutter = new Cutter(pieceBytes);
    content.writeTo(cutter);
    return cutter.cut();
  }

  /** Bytes of all pieces. */
  public long sizeBytes() {
    return pieces.stream().mapToLong(piece -> piece.length).sum();
  }

  /** The archive from its first byte. */
  public InputStream open() {
    return new SequenceInputStream(
        Collections.enumeration(pieces.stream().map(ByteArrayInputStream::new).toList()));
  }

  /**
   * All of it as one array.
   *
   * @param what names the model in the error
   * @throws ModelException if it is longer than an array can be
   */
  byte[] whole(String what) {
    return whole(what, LONGEST_ARRAY_BYTES);
  }

  /** The same where arrays are of at most so many bytes. */
  byte[] whole(String what, int longestBytes) {
    if (sizeBytes() > longestBytes) {
      throw new ModelException(
          ("%s is too large to be scored with or handed over in memory: its archive has %,d bytes,"
                  + " and there at most %,d are possible; it can be trained from a file")
              .formatted(what, sizeBytes(), longestBytes));
    }
    if (pieces.size() == 1) {
      return pieces.get(0);
    }
    ByteBuffer whole = ByteBuffer.allocate((int) sizeBytes());
    pieces.forEach(whole::put);
    return whole.array();
  }

  /** Begins a new array whenever one is full. */
  private static final class Cutter extends OutputStream {
    private final int pieceBytes;
    private final List<byte[]> full = new ArrayList<>();
    private ByteArrayOutputStream last = new ByteArrayOutputStream();

    Cutter(int pieceBytes) {
      this.pieceBytes = pieceBytes;
    }

    @Override
    public void write(int value) {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      int at = offset;
      int left = length;
      while (left > 0) {
        if (last.size() == pieceBytes) {
          full.add(last.toByteArray());
          last = new ByteArrayOutputStream();
        }
        int some = Math.min(left, pieceBytes - last.size());
        last.write(bytes, at, some);
        at += some;
        left -= some;
      }
    }

    ArchiveBytes cut() {
      full.add(last.toByteArray());
      return new ArchiveBytes(full);
    }
  }
}
