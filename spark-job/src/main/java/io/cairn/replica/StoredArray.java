/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.BaseDataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Reads a flat array in ND4J's binary form, whose headers are not trusted.
 *
 * <p>Threading: the thread that uses the array.
 *
 * <p>Failure: {@link ModelException} that says what is wrong with it.
 *
 * @param what to call it in errors
 * @param expected number of values, or -1 for any that the bytes hold
 */
record StoredArray(String what, long expected) {

  private static final int CHUNK_BYTES = 1 << 20;

  /** What the headers say. */
  private record Form(long[] shape, long length, DataType type) {
    long bytes() {
      return Math.multiplyExact(length, (long) type.width());
    }
  }

  /** From all its bytes; nothing is allocated that they don't fill. */
  INDArray read(byte[] bytes) throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      Form form = form(in);
      if (in.available() != form.bytes()) {
        throw new ModelException(
            what
                + " says it holds "
                + form.length()
                + " values, but has "
                + in.available()
                + " bytes");
      }
      requireExpected(form);
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return Nd4j.read(in);
    }
  }

  /**
   * From a stream of more bytes than are worth a copy on the heap, or than would fit into one.
   *
   * @param mostValues that are allocated
   */
  INDArray readLong(InputStream stream, long mostValues) throws IOException {
    DataInputStream in = new DataInputStream(stream);
    Form form = form(in);
    requireExpected(form);
    if (form.length() > mostValues) {
      throw new ModelException(
          "%s holds %d values instead of at most %d".formatted(what, form.length(), mostValues));
    }
    INDArray array = Nd4j.createUninitialized(form.type(), form.shape());
    HostMemory memory = HostMemory.of(array);
    byte[] chunk = new byte[CHUNK_BYTES];
    for (long at = 0; at < memory.sizeBytes(); at += CHUNK_BYTES) {
      int some = (int) Math.min(CHUNK_BYTES, memory.sizeBytes() - at);
      try {
        in.readFully(chunk, 0, some);
      } catch (EOFException e) {
        throw new ModelException(
            "%s says it holds %d values, but ends after %d bytes of them"
                .formatted(what, form.length(), at),
            e);
      }
      copy(ByteBuffer.wrap(chunk, 0, some), memory.part(at, some), form.type());
    }
    if (in.read() >= 0) {
      throw new ModelException(
          "%s says it holds %d values, but has more bytes".formatted(what, form.length()));
    }
    FlatMemory.hostChanged(array);
    return array;
  }

  /** Stored bytes are in network order. */
  private static void copy(ByteBuffer stored, ByteBuffer memory, DataType type) {
    if (type == DataType.FLOAT) {
      memory.asFloatBuffer().put(stored.asFloatBuffer());
    } else {
      memory.asDoubleBuffer().put(stored.asDoubleBuffer());
    }
  }

  private void requireExpected(Form form) {
    if (expected >= 0 && form.length() != expected) {
      throw new ModelException(
          what + " holds " + form.length() + " values; the configuration calls for " + expected);
    }
  }

  /** Reads up to the first value. */
  private Form form(DataInputStream in) throws IOException {
    try {
      var shapeHeader = BaseDataBuffer.readHeader(in);
      long shapeLength = shapeHeader.getMiddle();
      if (shapeHeader.getRight() != DataType.INT64 || shapeLength < 4 || shapeLength > 12) {
        throw new ModelException(what + " is not an array of one or two dimensions");
      }
      long rank = in.readLong();
      if (rank < 1 || rank > 2 || shapeLength != 2 * rank + 4) {
        throw new ModelException(what + " has " + rank + " dimensions instead of one or two");
      }
      long[] shape = new long[(int) rank];
      long length = 1;
      for (int i = 0; i < rank; i++) {
        shape[i] = in.readLong();
        if (shape[i] < 1 || shape[i] > Integer.MAX_VALUE) {
          throw new ModelException(what + " has a dimension of size " + shape[i]);
        }
        length = Math.multiplyExact(length, shape[i]);
      }
      in.skipNBytes((shapeLength - 1 - rank) * Long.BYTES);
      var header = BaseDataBuffer.readHeader(in);
      DataType type = header.getRight();
      if (type != DataType.FLOAT && type != DataType.DOUBLE) {
        throw new ModelException(what + " holds " + type + " values instead of FLOAT or DOUBLE");
      }
      if (header.getMiddle() != length) {
        throw new ModelException(
            what
                + " has "
                + length
                + " values by its shape, but says it holds "
                + header.getMiddle());
      }
      return new Form(shape, length, type);
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      // ND4J answers some damage with a plain RuntimeException.
      throw new ModelException(what + " is damaged: " + ModelConfiguration.firstLine(e), e);
    }
  }
}
