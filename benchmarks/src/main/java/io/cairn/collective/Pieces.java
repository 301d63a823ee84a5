/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import io.cairn.collective.BufferLayout.Section;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an all-reduce is made of, each piece alone on one segment's numbers, which stay in a core's
 * cache as they do there.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 6, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class Pieces {

  /** Bytes of the numbers that a benchmark works on, as they lie in the caller's buffer. */
  public static final int SEGMENT_BYTES = GroupOptions.DEFAULT_SEGMENT_BYTES;

  private final SectionAdder adder = new SectionAdder();
  private final Bf16Runs bf16 = new Bf16Runs();
  private final ByteBuffer numbers = direct(SEGMENT_BYTES);
  private final ByteBuffer received = direct(SEGMENT_BYTES);
  private final ByteBuffer residuals = direct(SEGMENT_BYTES);
  private final ByteBuffer message = direct(Bf16Runs.bytes(SEGMENT_BYTES));
  private final ByteBuffer headerBytes = direct(FrameHeader.BYTES);
  private final BufferLayout floats = layout(ElementType.FLOAT32);
  private final BufferLayout doubles = layout(ElementType.FLOAT64);
  private final BufferLayout longs = layout(ElementType.INT64);
  private final FrameHeader header =
      new FrameHeader(
          FrameHeader.Kind.DATA, 77, 1234, 1300, 1, 0, 5, SEGMENT_BYTES, 1 << 24, 0x1234abcd, 0x77);

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static BufferLayout layout(ElementType type) {
    return BufferLayout.of(new Section(type, SEGMENT_BYTES / type.bytes()));
  }

  /** Numbers of a gradient's kind: of all magnitudes, all finite. */
  @Setup
  public void fill() {
    Random random = new Random(1);
    for (int at = 0; at < SEGMENT_BYTES; at += Float.BYTES) {
      numbers.putFloat(at, (float) (random.nextGaussian() * 1e-3));
      received.putFloat(at, (float) (random.nextGaussian() * 1e-6));
    }
    header.encode(headerBytes.clear());
    bf16.round(received.duplicate(), residuals, message);
  }

  /** Adds what has arrived. */
  @Benchmark
  public void addFloat32() {
    adder.add(received, numbers, 0, SEGMENT_BYTES, floats);
  }

  /** The same in double precision. */
  @Benchmark
  public void addFloat64() {
    adder.add(received, numbers, 0, SEGMENT_BYTES, doubles);
  }

  /** The same for counts. */
  @Benchmark
  public void addInt64() {
    adder.add(received, numbers, 0, SEGMENT_BYTES, longs);
  }

  /** A message's checksum. */
  @Benchmark
  public int checksum() {
    return FrameHeader.crc(received, 0, SEGMENT_BYTES);
  }

  /** A message's header, written. */
  @Benchmark
  public ByteBuffer headerEncode() {
    header.encode(headerBytes.clear());
    return headerBytes;
  }

  /** A message's header, read. */
  @Benchmark
  public Object headerDecode() {
    return FrameHeader.decode(headerBytes.clear());
  }

  /** Rounds a rank's own numbers and keeps what is left over. */
  @Benchmark
  public void bf16Round() {
    bf16.round(numbers, residuals, message);
  }

  /** Sends on what is rounded already. */
  @Benchmark
  public void bf16Pack() {
    bf16.pack(received, message);
  }

  /** Adds what has arrived as bf16. */
  @Benchmark
  public void bf16Add() {
    bf16.add(message, numbers);
  }

  /** Puts what has arrived as bf16 where it belongs. */
  @Benchmark
  public void bf16Unpack() {
    bf16.unpack(message, numbers);
  }
}
