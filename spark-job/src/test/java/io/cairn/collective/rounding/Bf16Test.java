/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.rounding;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.collective.Buffers;
import io.cairn.collective.group.Rounded;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rounding to bf16, what it leaves over, and how it lies on the way. */
class Bf16Test {

  private static float round(float value) {
    int[] bits = {Float.floatToRawIntBits(value)};
    Bf16.round(bits, 1);
    return Float.intBitsToFloat(bits[0]);
  }

  @Test
  void everyUpperHalfWithTheTellingLowerHalvesRoundsToTheNearestEven() {
    int[] lowerHalves = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff};
    for (int upper = 0; upper < 1 << 16; upper++) {
      for (int lower : lowerHalves) {
        float value = Float.intBitsToFloat((upper << 16) | lower);
        float rounded = round(value);
        if (Float.isNaN(value)) {
          assertThat(rounded).isNaN();
        } else {
          assertThat(Float.floatToRawIntBits(rounded))
              .as("%s, bits %x", value, Float.floatToRawIntBits(value))
              .isEqualTo(Float.floatToRawIntBits(Rounded.nearest(value)));
        }
        assertThat(Float.floatToRawIntBits(rounded) & 0xffff).isZero();
        assertThat(Float.floatToRawIntBits(round(rounded)))
            .as("rounded twice")
            .isEqualTo(Float.floatToRawIntBits(rounded));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 1.0",
    // 1 + 2^-8 lies in the middle of 1 and 1 + 2^-7: to the even one.
    "1.00390625, 1.0",
    "1.01171875, 1.015625",
    "-1.00390625, -1.0",
    "0.0, 0.0",
    "-0.0, -0.0",
    "1.4E-45, 0.0",
    "3.3895314E38, 3.3895314E38",
    "3.4028235E38, Infinity",
    "-3.4028235E38, -Infinity",
    "Infinity, Infinity",
    "-Infinity, -Infinity"
  })
  void numbersThatAreEasyToCheckByHand(float value, float rounded) {
    assertThat(Float.floatToRawIntBits(round(value))).isEqualTo(Float.floatToRawIntBits(rounded));
  }

  @ParameterizedTest
  @ValueSource(ints = {0x7f800001, 0x7fffffff, 0xffffffff, 0xff80ffff, 0x7fc00000})
  void nanStaysNan(int bits) {
    assertThat(round(Float.intBitsToFloat(bits))).isNaN();
  }

  @Property(tries = 200)
  void runsKeepWhatRoundingLeavesOverAndArriveAsTheyWereSent(
      @ForAll Random random, @ForAll @IntRange(max = 2_500) int pairs) {
    int count = 2 * pairs;
    ByteBuffer numbers = direct(count * Float.BYTES);
    float[] before = new float[count];
    for (int i = 0; i < count; i++) {
      before[i] = Float.intBitsToFloat(random.nextInt());
      numbers.putFloat(i * Float.BYTES, before[i]);
    }
    ByteBuffer errors = direct(count * Float.BYTES);
    ByteBuffer message = direct(count * Bf16.BYTES);
    Bf16Runs runs = new Bf16Runs();

    runs.round(numbers, errors, message);

    for (int i = 0; i < count; i++) {
      float rounded = numbers.getFloat(i * Float.BYTES);
      float rest = errors.getFloat(i * Float.BYTES);
      if (Float.isFinite(rounded)) {
        assertThat((double) rounded + rest).isEqualTo(before[i]);
      } else {
        assertThat(rest).as("left over by %s", before[i]).isZero();
        assertThat(Float.isNaN(rounded)).isEqualTo(Float.isNaN(before[i]));
      }
    }
    ByteBuffer again = direct(count * Bf16.BYTES);
    runs.pack(numbers, again);
    assertThat(Buffers.difference(message, again)).as("passed on").isEqualTo("none");
    ByteBuffer arrived = direct(count * Float.BYTES);
    runs.unpack(message, arrived);
    assertThat(Buffers.difference(numbers, arrived)).isEqualTo("none");
    ByteBuffer sums = direct(count * Float.BYTES);
    for (int i = 0; i < count; i++) {
      sums.putFloat(i * Float.BYTES, i);
    }
    runs.add(message, sums);
    for (int i = 0; i < count; i++) {
      Float expected = i + numbers.getFloat(i * Float.BYTES);
      assertThat(sums.getFloat(i * Float.BYTES)).isEqualTo(expected);
    }
  }

  @Test
  void aWordHoldsANumberOfEachHalf() {
    ByteBuffer numbers = direct(4 * Float.BYTES);
    for (int i = 0; i < 4; i++) {
      numbers.putFloat(i * Float.BYTES, i + 1);
    }
    ByteBuffer message = direct(4 * Bf16.BYTES);
    new Bf16Runs().round(numbers, direct(4 * Float.BYTES), message);
    assertThat(message.getInt(0)).isEqualTo(0x40403f80);
    assertThat(message.getInt(4)).isEqualTo(0x40804000);
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }
}
