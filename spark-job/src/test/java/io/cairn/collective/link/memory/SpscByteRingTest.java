/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.collective.DamagedStreamException;
import io.cairn.collective.Ranks;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A ring of bytes between a writer and a reader that share nothing but its memory. */
class SpscByteRingTest {

  private static final int CAPACITY = 4096;
  private static final SpscByteRing.Place PLACE =
      new SpscByteRing.Place(0, SpscByteRing.CONTROL_BYTES, CAPACITY);
  private static final int WRITTEN = 0;
  private static final int READ = 128;

  private final ByteBuffer memory =
      ByteBuffer.allocateDirect(SpscByteRing.CONTROL_BYTES + CAPACITY)
          .order(ByteOrder.nativeOrder());
  private final SpscByteRing.Writer writer = new SpscByteRing.Writer(memory, PLACE);
  private final SpscByteRing.Reader reader = new SpscByteRing.Reader(memory, PLACE);

  @Test
  void bytesComeOutInOrderWhateverThePieces() throws DamagedStreamException {
    Random random = new Random(5);
    int next = 0;
    int expected = 0;
    for (int i = 0; i < 20_000; i++) {
      ByteBuffer room = writer.room(random.nextInt(CAPACITY + 100));
      int written = room.remaining();
      while (room.hasRemaining()) {
        room.put((byte) next++);
      }
      writer.written(written);
      ByteBuffer piece = reader.peek(random.nextInt(CAPACITY + 100));
      int count = random.nextInt(piece.remaining() + 1);
      for (int j = 0; j < count; j++) {
        assertThat(piece.get()).isEqualTo((byte) expected++);
      }
      reader.taken(count);
    }
    assertThat(expected).isGreaterThan(10 * CAPACITY);
  }

  @Test
  void fullIsFullAndEmptyIsEmpty() throws DamagedStreamException {
    assertThat(reader.ready()).isFalse();
    assertThat(reader.peek(1).remaining()).isZero();
    writer.written(writer.room(2 * CAPACITY).remaining());
    assertThat(writer.ready()).isFalse();
    assertThat(writer.room(1).remaining()).isZero();
    assertThat(reader.peek(2 * CAPACITY).remaining()).isEqualTo(CAPACITY);
    reader.taken(8);
    assertThat(writer.room(2 * CAPACITY).remaining()).isEqualTo(8);
  }

  @Test
  void threadsPassMillionsOfNumbersOn() {
    int numbers = 2_000_000;
    List<Ranks.Outcome<Long>> outcomes =
        Ranks.run(2, rank -> rank == 0 ? () -> writeNumbers(numbers) : () -> sumNumbers(numbers));
    assertThat(outcomes.get(1).orFail()).isEqualTo(numbers * (numbers - 1L) / 2);
  }

  private long writeNumbers(int numbers) throws DamagedStreamException {
    for (int next = 0; next < numbers; ) {
      ByteBuffer room = writer.room(1000);
      int written = room.remaining() / Integer.BYTES;
      for (int i = 0; i < written; i++) {
        room.putInt(next++ % numbers);
      }
      writer.written(Math.min(written, numbers) * Integer.BYTES);
      Thread.onSpinWait();
    }
    return numbers;
  }

  private long sumNumbers(int numbers) throws DamagedStreamException {
    long sum = 0;
    for (int seen = 0; seen < numbers; ) {
      ByteBuffer piece = reader.peek(800);
      int count = Math.min(piece.remaining() / Integer.BYTES, numbers - seen);
      for (int i = 0; i < count; i++) {
        int number = piece.getInt();
        if (number != seen++) {
          throw new AssertionError("number " + number + " at place " + (seen - 1));
        }
        sum += number;
      }
      reader.taken(count * Integer.BYTES);
      Thread.onSpinWait();
    }
    return sum;
  }

  @Test
  void oneWhoSleepsIsWokenOnce() throws DamagedStreamException {
    assertThat(writer.written(8)).as("nobody sleeps").isFalse();
    reader.peek(8);
    reader.taken(8);
    assertThat(reader.readyOrAsleep()).isFalse();
    assertThat(writer.written(8)).isTrue();
    assertThat(writer.written(8)).isFalse();
    assertThat(reader.readyOrAsleep()).as("there is something").isTrue();
  }

  @Test
  void oneWhoWokeByItselfIsNotWoken() throws DamagedStreamException {
    assertThat(reader.readyOrAsleep()).isFalse();
    reader.awake();
    assertThat(writer.written(8)).isFalse();
  }

  @Test
  void writerIsWokenWhenThereIsMuchRoom() throws DamagedStreamException {
    writer.written(writer.room(CAPACITY).remaining());
    assertThat(writer.readyOrAsleep()).isFalse();
    reader.peek(CAPACITY);
    assertThat(reader.taken(CAPACITY / 4)).isFalse();
    assertThat(reader.taken(CAPACITY / 4)).isTrue();
    assertThat(reader.taken(CAPACITY / 4)).isFalse();
  }

  @Test
  void sleepersAreNeverForgotten() {
    int rounds = 50_000;
    CountDownLatch[] bell = {new CountDownLatch(1)};
    // Two threads, each of which sleeps unless the other side has come further.
    List<Ranks.Outcome<Boolean>> outcomes =
        Ranks.run(
            2,
            rank ->
                () -> {
                  int asleep = 0;
                  for (int i = 0; i < rounds; i++) {
                    if (rank == 0) {
                      while (writer.room(8).remaining() < 8) {
                        Thread.onSpinWait();
                      }
                      if (writer.written(8)) {
                        synchronized (bell) {
                          bell[0].countDown();
                        }
                      }
                    } else {
                      CountDownLatch mine = new CountDownLatch(1);
                      synchronized (bell) {
                        bell[0] = mine;
                      }
                      if (!reader.readyOrAsleep()) {
                        asleep++;
                        mine.await();
                      }
                      reader.awake();
                      reader.taken(reader.peek(8).remaining());
                    }
                  }
                  return rank == 0 || asleep >= 0;
                });
    assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.orFail()).isTrue());
  }

  @ParameterizedTest
  @ValueSource(longs = {CAPACITY + 17, -1, Long.MIN_VALUE, Long.MAX_VALUE, 7})
  void readerBelievesNoImpossiblePosition(long written) throws DamagedStreamException {
    writer.written(16);
    reader.peek(16);
    reader.taken(16);
    memory.putLong(WRITTEN, written);
    assertThatThrownBy(() -> reader.peek(1))
        .isInstanceOf(DamagedStreamException.class)
        .hasMessage("its position in shared memory went from 16 to " + written);
    assertThatThrownBy(reader::ready).isInstanceOf(DamagedStreamException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {CAPACITY + 17, -1, Long.MIN_VALUE, Long.MAX_VALUE, 7})
  void writerBelievesNoImpossiblePosition(long read) throws DamagedStreamException {
    writer.written(16);
    reader.peek(16);
    reader.taken(16);
    writer.written(writer.room(CAPACITY - 16).remaining());
    writer.written(writer.room(16).remaining());
    memory.putLong(READ, 16);
    writer.ready();
    memory.putLong(READ, read);
    assertThatThrownBy(() -> writer.room(CAPACITY)).isInstanceOf(DamagedStreamException.class);
  }

  @Test
  void whatIsTakenIsAtMostWhatIsThere() throws DamagedStreamException {
    writer.written(8);
    reader.peek(8);
    assertThatThrownBy(() -> reader.taken(16)).isInstanceOf(IllegalArgumentException.class);
  }
}
