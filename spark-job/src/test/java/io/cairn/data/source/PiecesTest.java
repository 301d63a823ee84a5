/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PiecesTest {

  @Property(tries = 60)
  void joinedPiecesAreTheRecords(
      @ForAll @IntRange(min = 0, max = 40) int records,
      @ForAll @IntRange(min = 1, max = 100_000) int recordBytes) {
    List<byte[]> given = random(records, recordBytes);
    List<byte[]> pieces = list(Pieces.cut(given.iterator()));
    assertThat(list(Pieces.joined(pieces.iterator(), recordBytes, records)))
        .usingElementComparator(Arrays::compare)
        .containsExactlyElementsOf(given);
  }

  @Test
  void whatIsNotAsItWasIsNoticed() {
    List<byte[]> given = random(50, 3_000);
    List<byte[]> pieces = list(Pieces.cut(given.iterator()));
    assertThat(pieces.size()).isEqualTo(3);
    assertDamaged(pieces, 51, "the end is missing");
    assertDamaged(pieces, 49, "there is more than was kept");
    assertDamaged(pieces.subList(0, 2), 50, "the end is missing");
    pieces.get(1)[7_777] ^= 1;
    assertDamaged(pieces, 50, "its checksum is wrong");
  }

  private static void assertDamaged(List<byte[]> pieces, int records, String message) {
    Iterator<byte[]> joined = Pieces.joined(pieces.iterator(), 3_000, records);
    assertThatThrownBy(() -> list(joined))
        .isInstanceOf(Pieces.DamagedException.class)
        .hasMessage(message);
  }

  private static List<byte[]> random(int records, int recordBytes) {
    Random random = new Random(records);
    return IntStream.range(0, records)
        .mapToObj(
            i -> {
              byte[] record = new byte[recordBytes];
              random.nextBytes(record);
              return record;
            })
        .toList();
  }

  private static List<byte[]> list(Iterator<byte[]> records) {
    List<byte[]> list = new ArrayList<>();
    records.forEachRemaining(list::add);
    return list;
  }
}
