/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Checks that the bytes of a FlatBuffers file are tables of the kinds that a SameDiff graph has,
 * and that everything they refer to lies within the file. The generated accessors of ND4J check
 * nothing: a changed offset reads elsewhere, and a changed length allocates by it.
 *
 * <p>What is referred to twice counts twice, and all of it together may not be more than the file
 * is long. So a small file cannot stand for a large graph.
 *
 * <p>After <a href="https://flatbuffers.dev/internals/">FlatBuffers' internals</a>.
 *
 * <p>Used once.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link DamagedFileException}.
 */
final class FlatStructure {

  /** What stands in a slot of a table. */
  private sealed interface Slot {
    /** A number of so many bytes. */
    record Scalar(int bytes) implements Slot {}

    /** A string. */
    record Text() implements Slot {}

    /** A vector of numbers of so many bytes. */
    record Numbers(int bytes) implements Slot {}

    /** A vector of strings. */
    record Texts() implements Slot {}

    /** A table. */
    record One(Kind kind) implements Slot {}

    /** A vector of tables. */
    record Many(Kind kind) implements Slot {}

    /** A vector that must be empty. */
    record Empty() implements Slot {}
  }

  /** The tables of ND4J's schema, with their slots in its order. */
  private enum Kind {
    PAIR(number(4), number(4)),
    ARRAY(numbers(8), numbers(1), number(1), number(1)),
    CONFIGURATION(
        number(8), number(1), number(1), number(1), number(1), number(8), number(8), number(1)),
    UPDATER(text(), texts(), many(ARRAY)),
    PROPERTIES(
        text(), numbers(4), numbers(8), numbers(8), many(ARRAY), numbers(1), texts(), numbers(4)),
    VARIABLE(
        one(PAIR),
        text(),
        number(1),
        numbers(8),
        one(ARRAY),
        number(4),
        number(1),
        texts(),
        texts(),
        texts()),
    NODE(
        number(4),
        text(),
        number(1),
        number(8),
        many(PROPERTIES),
        numbers(4),
        many(PAIR),
        numbers(4),
        numbers(8),
        numbers(8),
        numbers(1),
        numbers(4),
        number(4),
        number(4),
        text(),
        texts(),
        text(),
        numbers(1),
        one(ARRAY),
        texts(),
        texts(),
        texts(),
        numbers(1),
        texts()),
    GRAPH(
        number(8),
        many(VARIABLE),
        many(NODE),
        many(PAIR),
        one(CONFIGURATION),
        texts(),
        texts(),
        text(),
        many(UPDATER),
        new Slot.Empty());

    @SuppressWarnings("ImmutableEnumChecker") // a list that nobody can change
    private final List<Slot> slots;

    Kind(Slot... slots) {
      this.slots = List.of(slots);
    }

    private static Slot number(int bytes) {
      return new Slot.Scalar(bytes);
    }

    private static Slot numbers(int bytes) {
      return new Slot.Numbers(bytes);
    }

    private static Slot text() {
      return new Slot.Text();
    }

    private static Slot texts() {
      return new Slot.Texts();
    }

    private static Slot one(Kind kind) {
      return new Slot.One(kind);
    }

    private static Slot many(Kind kind) {
      return new Slot.Many(kind);
    }
  }

  private static final int OFFSET_BYTES = 4;

  private final ByteBuffer file;
  private long counted;

  private FlatStructure(byte[] content) {
    file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Throws unless the bytes are a graph as far as structure goes. */
  static void require(byte[] content) {
    FlatStructure structure = new FlatStructure(content);
    structure.within(0, OFFSET_BYTES, "its root");
    structure.table(structure.offset(0), Kind.GRAPH);
  }

  private void table(long at, Kind kind) {
    within(at, OFFSET_BYTES, "a table");
    long vtable = at - file.getInt((int) at);
    within(vtable, 2 * Short.BYTES, "a table's layout");
    int vtableBytes = unsigned(vtable);
    int tableBytes = unsigned(vtable + Short.BYTES);
    if (vtableBytes < 2 * Short.BYTES || vtableBytes % 2 != 0 || tableBytes < OFFSET_BYTES) {
      throw new DamagedFileException("a table has an impossible layout");
    }
    within(vtable, vtableBytes, "a table's layout");
    within(at, tableBytes, "a table");
    count(tableBytes);
    int present = vtableBytes / Short.BYTES - 2;
    for (int slot = 0; slot < present; slot++) {
      int offset = unsigned(vtable + (2L + slot) * Short.BYTES);
      if (offset == 0) {
        continue;
      }
      if (slot >= kind.slots.size()) {
        throw new DamagedFileException("a table has more fields than ND4J 1.0.0-M2.1 knows");
      }
      Slot what = kind.slots.get(slot);
      int bytes = what instanceof Slot.Scalar number ? number.bytes() : OFFSET_BYTES;
      if (offset < OFFSET_BYTES || offset + bytes > tableBytes) {
        throw new DamagedFileException("a field lies outside of its table");
      }
      slot(at + offset, what);
    }
  }

  private void slot(long at, Slot what) {
    if (what instanceof Slot.Text) {
      numbers(offset(at), 1, "a text");
    } else if (what instanceof Slot.Numbers numbers) {
      numbers(offset(at), numbers.bytes(), "a list of numbers");
    } else if (what instanceof Slot.Texts) {
      each(offset(at), place -> numbers(place, 1, "a text"));
    } else if (what instanceof Slot.One one) {
      table(offset(at), one.kind());
    } else if (what instanceof Slot.Many many) {
      each(offset(at), place -> table(place, many.kind()));
    } else if (what instanceof Slot.Empty && length(offset(at), "a list") != 0) {
      throw new DamagedFileException("it holds sequences (TensorArray), which are not supported");
    }
  }

  /** What is done with an element of a vector, given where it begins. */
  private interface Element {
    void check(long at);
  }

  private void each(long vector, Element element) {
    int length = length(vector, "a list");
    long first = vector + OFFSET_BYTES;
    within(first, (long) length * OFFSET_BYTES, "a list");
    count((long) length * OFFSET_BYTES);
    for (int i = 0; i < length; i++) {
      element.check(offset(first + (long) i * OFFSET_BYTES));
    }
  }

  private void numbers(long vector, int bytes, String what) {
    long length = (long) length(vector, what) * bytes;
    within(vector + OFFSET_BYTES, length, what);
    count(length);
  }

  private int length(long vector, String what) {
    within(vector, OFFSET_BYTES, what);
    int length = file.getInt((int) vector);
    if (length < 0) {
      throw new DamagedFileException(what + " has an impossible length");
    }
    return length;
  }

  /** Where an offset that stands at a place leads to. */
  private long offset(long at) {
    return at + Integer.toUnsignedLong(file.getInt((int) at));
  }

  private int unsigned(long at) {
    return Short.toUnsignedInt(file.getShort((int) at));
  }

  private void within(long at, long bytes, String what) {
    if (at < 0 || at + bytes > file.capacity()) {
      throw new DamagedFileException(what + " lies outside of the file");
    }
  }

  private void count(long bytes) {
    counted += bytes;
    if (counted > file.capacity()) {
      throw new DamagedFileException("its parts overlap: together they are longer than the file");
    }
  }
}
