/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Describes what a buffer holds that is to be summed. It consists of sections, one after the other,
 * and each section holds numbers of one type. A section starts at a multiple of eight bytes. The
 * bytes between its last number and the next section are padding, and have to stay zero.
 *
 * <p>What is longer than a buffer can be is summed in buckets, each with a buffer and a sum of its
 * own.
 *
 * <p>All ranks must bring equal layouts to the same sum. Every message carries a digest of the
 * layout, so that a difference is noticed.
 *
 * <p>Threading: immutable.
 *
 * @param sections in the order in which they lie in the buffer; together less than 2 GiB
 * @param bucket which bucket it is, from 0; 0 where there is one
 */
public record BufferLayout(List<Section> sections, int bucket) {

  /** Every section starts at a multiple of this many bytes. */
  public static final int ALIGNMENT_BYTES = 8;

  /**
   * A run of numbers of one type.
   *
   * @param type what they are
   * @param count how many, 0 or more
   * @param precision how they travel
   */
  public record Section(ElementType type, long count, Precision precision) {

    public Section {
      if (type == null) {
        throw new IllegalArgumentException("a section needs an element type");
      }
      if (count < 0 || count > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a section's count must be from 0 to " + Integer.MAX_VALUE + ", not " + count);
      }
      if (precision != Precision.EXACT && type != ElementType.FLOAT32) {
        throw new IllegalArgumentException(type + " travels exactly, not as " + precision);
      }
    }

    /** Numbers that travel as they are. */
    public Section(ElementType type, long count) {
      this(type, count, Precision.EXACT);
    }

    /** Bytes of the elements and the padding after them: a multiple of {@link #ALIGNMENT_BYTES}. */
    public long paddedBytes() {
      long bytes = count * type.bytes();
      return Math.floorDiv(bytes + ALIGNMENT_BYTES - 1, ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    }
  }

  /** A part of the buffer that belongs to one section, its padding included. */
  public record Run(Section section, int startBytes, int lengthBytes) {}

  public BufferLayout {
    if (bucket < 0) {
      throw new IllegalArgumentException("buckets are counted from 0, not from " + bucket);
    }
    sections = List.copyOf(sections);
    long size = sections.stream().mapToLong(Section::paddedBytes).sum();
    if (size > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a buffer holds less than 2 GiB, and these sections are " + size + " bytes");
    }
  }

  /** The layout of what fits into one bucket. */
  public BufferLayout(List<Section> sections) {
    this(sections, 0);
  }

  /** The same sections in a bucket of several. */
  public BufferLayout inBucket(int number) {
    return new BufferLayout(sections, number);
  }

  /** A layout of these sections, in this order. */
  public static BufferLayout of(Section... sections) {
    return new BufferLayout(List.of(sections));
  }

  /** Where section {@code index} starts, in bytes from the start of the buffer. */
  public int offsetBytes(int index) {
    long offset = 0;
    for (Section section : sections.subList(0, index)) {
      offset += section.paddedBytes();
    }
    return (int) offset;
  }

  /** Bytes of all sections with their padding: a multiple of {@link #ALIGNMENT_BYTES}. */
  public int sizeBytes() {
    return offsetBytes(sections.size());
  }

  /**
   * Checks that {@code buffer} can hold this layout between its position and its limit.
   *
   * @throws IllegalArgumentException if it is not direct, is read-only, is not in native byte
   *     order, or has not exactly {@link #sizeBytes()} bytes remaining
   */
  public void requireFits(ByteBuffer buffer) {
    if (!buffer.isDirect() || buffer.isReadOnly()) {
      throw new IllegalArgumentException("a buffer to sum must be direct and writable");
    }
    if (!buffer.order().equals(ByteOrder.nativeOrder())) {
      throw new IllegalArgumentException(
          "a buffer to sum must be in native byte order, " + ByteOrder.nativeOrder());
    }
    if (buffer.remaining() != sizeBytes()) {
      throw new IllegalArgumentException(
          "the layout is " + sizeBytes() + " bytes, the buffer has " + buffer.remaining());
    }
  }

  /**
   * What a part of the buffer is made of, in order; sections without a byte in it are left out.
   *
   * @param startBytes a multiple of {@link #ALIGNMENT_BYTES}
   * @param lengthBytes likewise
   */
  public List<Run> runs(int startBytes, int lengthBytes) {
    long end = (long) startBytes + lengthBytes;
    List<Run> runs = new ArrayList<>();
    long sectionStart = 0;
    for (Section section : sections) {
      long sectionEnd = sectionStart + section.paddedBytes();
      int from = (int) Math.max(sectionStart, startBytes);
      int to = (int) Math.min(sectionEnd, end);
      if (from < to) {
        runs.add(new Run(section, from, to - from));
      }
      sectionStart = sectionEnd;
    }
    return runs;
  }

  /** Whether numbers of it may be rounded. */
  public boolean isRounded() {
    return sections.stream().anyMatch(section -> section.precision() == Precision.BF16);
  }

  /** Whether rounding errors of earlier sums are part of its sum. */
  public boolean isCarrying() {
    return sections.stream().anyMatch(section -> section.precision() != Precision.EXACT);
  }

  /** Whether both have the same numbers at the same places, however they travel. */
  public boolean hasShapeOf(BufferLayout other) {
    return exactly().equals(other.exactly());
  }

  private List<Section> exactly() {
    return sections.stream().map(it -> new Section(it.type(), it.count())).toList();
  }

  /**
   * A checksum over types, counts, precisions and the bucket: tells layouts of the same size apart.
   */
  public int digest() {
    ByteBuffer description =
        ByteBuffer.allocate(sections.size() * (2 * Integer.BYTES + Long.BYTES) + Integer.BYTES);
    for (Section section : sections) {
      description.putInt(section.type().code()).putLong(section.count());
      description.putInt(section.precision().code());
    }
    if (bucket > 0) {
      description.putInt(bucket);
    }
    CRC32C crc = new CRC32C();
    crc.update(description.flip());
    return (int) crc.getValue();
  }
}
