/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * Walks the bytes of an ONNX file without making anything of them, and adds up what the objects
 * that they describe would take. Two bytes may describe an object of two hundred, and one byte a
 * number of eight. So a small damaged file could otherwise take all memory.
 *
 * <p>After <a href="https://protobuf.dev/programming-guides/encoding/">Protocol Buffers'
 * encoding</a>.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link OnnxException}.
 */
final class OnnxScan {

  /** An object of a message, with its lists, about. */
  private static final int MESSAGE_BYTES = 250;

  /** What objects may take besides twice the file's length: graphs of small models. */
  private static final long FREE_BYTES = 32L << 20;

  private static final int MOST_DEPTH = 12;

  /** Messages of ONNX that are read, with the numbers of the fields that hold messages. */
  private enum Message {
    MODEL,
    OPERATORS,
    GRAPH,
    NODE,
    TENSOR,
    ATTRIBUTE,
    VALUE,
    TYPE,
    TENSOR_TYPE,
    SHAPE,
    DIMENSION,
    OTHER;

    private Map<Integer, Message> fields() {
      return switch (this) {
        case MODEL -> Map.of(7, GRAPH, 8, OPERATORS, 14, OTHER, 20, OTHER, 25, OTHER);
        case GRAPH ->
            Map.of(1, NODE, 5, TENSOR, 11, VALUE, 12, VALUE, 13, VALUE, 14, OTHER, 15, OTHER);
        case NODE -> Map.of(5, ATTRIBUTE);
        case ATTRIBUTE -> Map.of(5, TENSOR, 6, GRAPH, 10, TENSOR, 11, GRAPH);
        case VALUE -> Map.of(2, TYPE);
        case TYPE -> Map.of(1, TENSOR_TYPE, 4, OTHER, 5, OTHER, 8, OTHER, 9, OTHER);
        case TENSOR_TYPE -> Map.of(2, SHAPE);
        case SHAPE -> Map.of(1, DIMENSION);
        case OPERATORS, TENSOR, DIMENSION, OTHER -> Map.of();
      };
    }
  }

  private final ByteBuffer file;
  private long bytes;

  private OnnxScan(byte[] content) {
    file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Throws unless the bytes are messages that take no more than they may. */
  static void require(byte[] content) {
    OnnxScan scan = new OnnxScan(content);
    scan.message(Message.MODEL, content.length, 0);
  }

  private void message(Message kind, int end, int depth) {
    if (depth > MOST_DEPTH) {
      throw new OnnxException("its messages are nested too deeply");
    }
    count(MESSAGE_BYTES);
    Map<Integer, Message> inner = kind.fields();
    while (file.position() < end) {
      long key = varint(end);
      int field = (int) (key >>> 3);
      if (field == 0) {
        throw new OnnxException("it is damaged: a field has no number");
      }
      switch ((int) (key & 7)) {
        case 0 -> {
          varint(end);
          count(Long.BYTES);
        }
        case 1 -> skip(Long.BYTES, end);
        case 5 -> skip(Integer.BYTES, end);
        case 2 -> {
          long length = varint(end);
          if (length < 0 || length > end - file.position()) {
            throw new OnnxException("it is damaged: a field is longer than the file");
          }
          int last = file.position() + (int) length;
          Message of = inner.get(field);
          if (of != null) {
            message(of, last, depth + 1);
          } else {
            // Bytes, a text, or numbers, each of which may take eight bytes.
            boolean raw = kind == Message.TENSOR && field == 9;
            count(raw ? 0 : 48 + (kind == Message.TENSOR ? 8 * length : 2 * length));
            file.position(last);
          }
        }
        default -> throw new OnnxException("it is damaged: a field is of no known kind");
      }
    }
  }

  private void skip(int length, int end) {
    if (length > end - file.position()) {
      throw new OnnxException("it is damaged: it ends in the middle of a number");
    }
    file.position(file.position() + length);
    count(Long.BYTES);
  }

  private long varint(int end) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (file.position() >= end) {
        throw new OnnxException("it is damaged: it ends in the middle of a number");
      }
      byte next = file.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new OnnxException("it is damaged: a number has no end");
  }

  private void count(long more) {
    bytes += more;
    if (bytes > 2L * file.capacity() + FREE_BYTES) {
      throw new OnnxException(
          "its parts would take far more memory than the file is long (%,d bytes)"
              .formatted(file.capacity()));
    }
  }
}
