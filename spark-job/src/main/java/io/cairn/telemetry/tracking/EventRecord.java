/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A record of an event file: TensorFlow's {@code Event} message as far as curves need it, framed as
 * a TFRecord. The field numbers are those of {@code tensorflow/core/util/event.proto} and {@code
 * summary.proto}, the frame is that of {@code tensorflow/core/lib/io/record_writer.h}: length and
 * its checksum, content and its checksum, both CRC-32C, rotated and moved by a constant.
 *
 * <p>Encoded by hand: see decision 46. Threading: stateless.
 */
final class EventRecord {

  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int LOG_STATUS = 1;
  private static final int STATUS_START = 1;
  private static final int STATUS_STOP = 2;

  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED_32 = 5;

  private static final int MASK_DELTA = 0xa282ead8;
  private static final int MOST_BYTES = 1 << 24;

  private EventRecord() {}

  /** The record that every file begins with. */
  static byte[] version(double seconds) {
    Message event = event(seconds, 0);
    event.bytes(FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    return framed(event);
  }

  /** Says that a run goes on with a step: what readers have of this and later steps is void. */
  static byte[] start(double seconds, long step) {
    return session(seconds, step, STATUS_START);
  }

  /** Says that all is there up to a step. */
  static byte[] stop(double seconds, long step) {
    return session(seconds, step, STATUS_STOP);
  }

  private static byte[] session(double seconds, long step, int status) {
    Message log = new Message();
    log.varint(LOG_STATUS, status);
    Message event = event(seconds, step);
    event.bytes(SESSION_LOG, log.toByteArray());
    return framed(event);
  }

  /** Values of a step by tag. */
  static byte[] scalars(double seconds, long step, Map<String, Double> values) {
    Message summary = new Message();
    values.forEach(
        (tag, number) -> {
          Message value = new Message();
          value.bytes(VALUE_TAG, tag.getBytes(StandardCharsets.UTF_8));
          value.fixed32(VALUE_SIMPLE, number.floatValue());
          summary.bytes(SUMMARY_VALUE, value.toByteArray());
        });
    Message event = event(seconds, step);
    event.bytes(SUMMARY, summary.toByteArray());
    return framed(event);
  }

  private static Message event(double seconds, long step) {
    Message event = new Message();
    event.fixed64(WALL_TIME, seconds);
    // A zero is not written.
    if (step != 0) {
      event.varint(STEP, step);
    }
    return event;
  }

  private static byte[] framed(Message event) {
    byte[] content = event.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + content.length + 2 * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(content.length);
    record.putInt(checksum(record.array(), 0, Long.BYTES));
    record.put(content);
    record.putInt(checksum(content, 0, content.length));
    return record.array();
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + MASK_DELTA;
  }

  /** What {@link #read} finds out of a record. */
  enum What {
    /** Values. */
    SCALARS,
    /** A start. */
    START,
    /** A stop. */
    STOP,
    /** Something else. */
    OTHER
  }

  /**
   * A record that was read.
   *
   * @param step 0 where it has none
   */
  record Read(What what, long step) {}

  /** The next record; empty at the end, and where the rest is torn or damaged. */
  static Optional<Read> read(InputStream in) throws IOException {
    try {
      DataInputStream data = new DataInputStream(in);
      byte[] head = data.readNBytes(Long.BYTES);
      if (head.length < Long.BYTES) {
        return Optional.empty();
      }
      long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
      int headSum = Integer.reverseBytes(data.readInt());
      if (headSum != checksum(head, 0, head.length) || length < 0 || length > MOST_BYTES) {
        return Optional.empty();
      }
      byte[] content = new byte[(int) length];
      data.readFully(content);
      return Integer.reverseBytes(data.readInt()) == checksum(content, 0, content.length)
          ? Optional.of(parse(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN)))
          : Optional.empty();
    } catch (EOFException torn) {
      return Optional.empty();
    }
  }

  /** Every record here was written by this class, or its checksum would not be right. */
  private static Read parse(ByteBuffer event) {
    What what = What.OTHER;
    long step = 0;
    while (event.hasRemaining()) {
      int key = (int) varint(event);
      int field = key >>> 3;
      switch (key & 7) {
        case VARINT -> {
          long value = varint(event);
          step = field == STEP ? value : step;
        }
        case FIXED_64 -> event.position(event.position() + Long.BYTES);
        case FIXED_32 -> event.position(event.position() + Integer.BYTES);
        default -> {
          int length = (int) varint(event);
          int at = event.position();
          what = what(field, event, what);
          event.position(at + length);
        }
      }
    }
    return new Read(what, step);
  }

  private static What what(int field, ByteBuffer at, What before) {
    if (field == SUMMARY) {
      return What.SCALARS;
    }
    if (field != SESSION_LOG) {
      return before;
    }
    varint(at);
    return varint(at) == STATUS_STOP ? What.STOP : What.START;
  }

  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = from.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  /** A protobuf message that is being written. */
  private static final class Message extends ByteArrayOutputStream {

    void varint(int field, long value) {
      raw(((long) field << 3) | VARINT);
      raw(value);
    }

    void fixed64(int field, double value) {
      raw(((long) field << 3) | FIXED_64);
      long bits = Double.doubleToLongBits(value);
      for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
        write((int) (bits >>> shift));
      }
    }

    void fixed32(int field, float value) {
      raw(((long) field << 3) | FIXED_32);
      int bits = Float.floatToIntBits(value);
      for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
        write(bits >>> shift);
      }
    }

    void bytes(int field, byte[] value) {
      raw(((long) field << 3) | BYTES);
      raw(value.length);
      writeBytes(value);
    }

    private void raw(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        write((int) ((left & 0x7f) | 0x80));
        left >>>= 7;
      }
      write((int) left);
    }
  }
}
