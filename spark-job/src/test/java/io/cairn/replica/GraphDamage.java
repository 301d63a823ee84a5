/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Damages a file of SameDiff where it hurts: its places are found by walking the tables, so that
 * lengths, shapes, strides, types, offsets and layouts are changed and not only weights.
 *
 * <p>Used for one file, whose content is not changed.
 *
 * <p>Threading: one thread.
 */
final class GraphDamage {

  private enum What {
    NUMBER,
    ELEMENT,
    LENGTH,
    OFFSET,
    LAYOUT,
    TEXT
  }

  private record Place(What what, int at, int bytes) {}

  /**
   * ND4J's tables by the kinds of their slots: a number of bytes, {@code v} a vector of such
   * numbers, {@code s} a text, {@code S} texts, {@code t} a table, {@code T} a vector of tables.
   */
  private static final Map<String, String> TABLES =
      Map.of(
          "pair", "4 4",
          "array", "v8 v1 1 1",
          "configuration", "8 1 1 1 1 8 8 1",
          "updater", "s S Tarray",
          "properties", "s v4 v8 v8 Tarray v1 S v4",
          "variable", "tpair s 1 v8 tarray 4 1 S S S",
          "node", "4 s 1 8 Tproperties v4 Tpair v4 v8 v8 v1 v4 4 4 s S s v1 tarray S S S v1 S",
          "graph", "8 Tvariable Tnode Tpair tconfiguration S S s Tupdater S");

  /** Elements of a vector that are places; weights are longer. */
  private static final int MOST_ELEMENTS = 40;

  private static final long[] EXTREMES = {
    0,
    1,
    2,
    3,
    -1,
    -2,
    7,
    64,
    127,
    128,
    255,
    65_535,
    1L << 20,
    1L << 24,
    1_000_000_000,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    (1L << 32) + 1,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private final byte[] content;
  private final ByteBuffer file;
  private final Map<What, List<Place>> places = new java.util.EnumMap<>(What.class);

  GraphDamage(byte[] content) {
    this.content = content;
    this.file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    for (What what : What.values()) {
      places.put(what, new ArrayList<>());
    }
    table(file.getInt(0), "graph");
  }

  private void place(What what, int at, int bytes) {
    places.get(what).add(new Place(what, at, bytes));
  }

  private void table(int at, String kind) {
    int layout = at - file.getInt(at);
    int slots = Short.toUnsignedInt(file.getShort(layout)) / 2 - 2;
    place(What.OFFSET, at, 4);
    String[] kinds = TABLES.get(kind).split(" ");
    for (int slot = -2; slot < slots; slot++) {
      int entry = layout + 4 + 2 * slot;
      place(What.LAYOUT, entry, 2);
      int offset = Short.toUnsignedInt(file.getShort(entry));
      if (slot >= 0 && offset != 0) {
        slot(at + offset, kinds[slot]);
      }
    }
  }

  private void slot(int at, String kind) {
    char first = kind.charAt(0);
    if (Character.isDigit(first)) {
      place(What.NUMBER, at, first - '0');
      return;
    }
    place(What.OFFSET, at, 4);
    int to = at + file.getInt(at);
    if (first == 't') {
      table(to, kind.substring(1));
      return;
    }
    place(What.LENGTH, to, 4);
    int length = file.getInt(to);
    for (int i = 0; i < length && (first != 'v' || length <= MOST_ELEMENTS); i++) {
      switch (first) {
        case 'v' -> place(What.ELEMENT, to + 4 + i * (kind.charAt(1) - '0'), kind.charAt(1) - '0');
        case 's' -> place(What.TEXT, to + 4 + i, 1);
        case 'S' -> slot(to + 4 + 4 * i, "s");
        default -> slot(to + 4 + 4 * i, "t" + kind.substring(1));
      }
    }
  }

  /** The file with one to three changes. */
  byte[] damaged(Random random) {
    byte[] changed = content.clone();
    ByteBuffer to = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    for (int change = 1 + random.nextInt(3); change > 0; change--) {
      switch (random.nextInt(10)) {
        case 0 -> changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        case 1, 2 -> put(to, some(What.NUMBER, random), random);
        case 3, 4, 5 -> put(to, some(What.ELEMENT, random), random);
        case 6 -> put(to, some(What.LENGTH, random), random);
        case 7 -> put(to, some(What.OFFSET, random), random);
        case 8 -> put(to, some(What.LAYOUT, random), random);
        default -> put(to, some(What.TEXT, random), random);
      }
    }
    return cut(changed, random);
  }

  /** Now and then, an end is missing, or there is more behind it. */
  static byte[] cut(byte[] content, Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> Arrays.copyOf(content, random.nextInt(content.length));
      case 1 -> Arrays.copyOf(content, content.length + random.nextInt(1000));
      default -> content;
    };
  }

  private Place some(What what, Random random) {
    List<Place> of = places.get(what);
    return of.get(random.nextInt(of.size()));
  }

  private void put(ByteBuffer to, Place place, Random random) {
    long before = number(file, place);
    long now =
        switch (random.nextInt(6)) {
          case 0 -> before + 1;
          case 1 -> before - 1;
          case 2 -> before * 2;
          // What another place of its kind has: of a text, a letter; of an offset, elsewhere.
          case 3 -> {
            Place other = some(place.what(), random);
            yield place.what() == What.OFFSET
                ? other.at() + number(file, other) - place.at()
                : number(file, other);
          }
          case 4 -> random.nextLong();
          default -> EXTREMES[random.nextInt(EXTREMES.length)];
        };
    switch (place.bytes()) {
      case 1 -> to.put(place.at(), (byte) now);
      case 2 -> to.putShort(place.at(), (short) now);
      case 4 -> to.putInt(place.at(), (int) now);
      default -> to.putLong(place.at(), now);
    }
  }

  private static long number(ByteBuffer in, Place place) {
    return switch (place.bytes()) {
      case 1 -> in.get(place.at());
      case 2 -> in.getShort(place.at());
      case 4 -> in.getInt(place.at());
      default -> in.getLong(place.at());
    };
  }
}
