/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.zip.CRC32C;

/**
 * Records of one size as pieces of bytes that Spark keeps, each with a checksum, whatever the size
 * of a record. Spark itself does not notice when what it keeps on a disk has changed.
 *
 * <p>Threading: one thread.
 */
final class Pieces {
  /** A session's own serializer may keep a hundred of them until it forgets what it has written. */
  private static final int PIECE_BYTES = 1 << 16;

  private static final int CHECKSUM_BYTES = Integer.BYTES;

  private Pieces() {}

  /** What is kept is not what was given to be kept. */
  static final class DamagedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  /**
   * The pieces of some records.
   *
   * @param records all of one size; each is borrowed until the next is asked for
   */
  static Iterator<byte[]> cut(Iterator<byte[]> records) {
    return new Cut(records);
  }

  /**
   * The records of the pieces that {@link #cut} made.
   *
   * @param records how many there must be
   * @return iterator whose methods throw a {@link DamagedException} where a piece is damaged or
   *     missing; each record has an array of its own
   */
  static Iterator<byte[]> joined(Iterator<byte[]> pieces, int recordBytes, long records) {
    return new Joined(pieces, recordBytes, records);
  }

  private static int checksum(byte[] piece) {
    CRC32C sum = new CRC32C();
    sum.update(piece, 0, piece.length - CHECKSUM_BYTES);
    return (int) sum.getValue();
  }

  private static final class Cut implements Iterator<byte[]> {
    private final Iterator<byte[]> records;
    private byte[] record = {};
    private int taken;

    Cut(Iterator<byte[]> records) {
      this.records = records;
    }

    @Override
    public boolean hasNext() {
      return taken < record.length || records.hasNext();
    }

    @Override
    public byte[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      byte[] piece = new byte[PIECE_BYTES];
      int most = PIECE_BYTES - CHECKSUM_BYTES;
      int filled = 0;
      while (filled < most && hasNext()) {
        if (taken == record.length) {
          record = records.next();
          taken = 0;
        }
        int bytes = Math.min(most - filled, record.length - taken);
        System.arraycopy(record, taken, piece, filled, bytes);
        taken += bytes;
        filled += bytes;
      }
      byte[] whole = filled == most ? piece : Arrays.copyOf(piece, filled + CHECKSUM_BYTES);
      ByteBuffer.wrap(whole).putInt(filled, checksum(whole));
      return whole;
    }
  }

  private static final class Joined implements Iterator<byte[]> {
    private final Iterator<byte[]> pieces;
    private final int recordBytes;
    private long left;
    private byte[] piece = new byte[CHECKSUM_BYTES];
    private int taken;

    Joined(Iterator<byte[]> pieces, int recordBytes, long records) {
      this.pieces = pieces;
      this.recordBytes = recordBytes;
      this.left = records;
    }

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public byte[] next() {
      if (left == 0) {
        throw new NoSuchElementException();
      }
      byte[] record = new byte[recordBytes];
      int filled = 0;
      while (filled < recordBytes) {
        int there = piece.length - CHECKSUM_BYTES - taken;
        if (there == 0) {
          nextPiece();
          continue;
        }
        int bytes = Math.min(there, recordBytes - filled);
        System.arraycopy(piece, taken, record, filled, bytes);
        taken += bytes;
        filled += bytes;
      }
      left--;
      if (left == 0 && (taken < piece.length - CHECKSUM_BYTES || pieces.hasNext())) {
        throw new DamagedException("there is more than was kept");
      }
      return record;
    }

    private void nextPiece() {
      if (!pieces.hasNext()) {
        throw new DamagedException("the end is missing");
      }
      piece = pieces.next();
      taken = 0;
      boolean isWhole =
          piece.length > CHECKSUM_BYTES
              && ByteBuffer.wrap(piece).getInt(piece.length - CHECKSUM_BYTES) == checksum(piece);
      if (!isWhole) {
        throw new DamagedException("its checksum is wrong");
      }
    }
  }
}
