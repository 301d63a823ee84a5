/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import io.cairn.mapping.Unmapping;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;

/**
 * The examples that one rank owns, scaled, as records of fixed size in a memory-mapped local file.
 * The file may be larger than memory, and its records can be read in any order at low cost.
 *
 * <p>The file is deleted as soon as it is mapped, so that nothing stays behind however the process
 * ends. Its disk space is free again when the shard is closed. Whoever stages a shard closes it,
 * after everything that reads from it: reading from unmapped memory would crash the process.
 *
 * <p>Threading: any number of threads may read; one closes, when no other reads any more.
 */
public final class Shard implements AutoCloseable {
  private static final int WRITE_BYTES = 1 << 20;
  private static final int MAPPING_BYTES = 1 << 30;

  private final ExampleLayout layout;
  private final int recordBytes;
  private final int size;
  private final int recordsPerMapping;
  private final List<MappedByteBuffer> mappings;
  private volatile boolean closed;

  private Shard(
      ExampleLayout layout, int size, int recordsPerMapping, List<MappedByteBuffer> mappings) {
    this.layout = layout;
    this.recordBytes = layout.recordBytes();
    this.size = size;
    this.recordsPerMapping = recordsPerMapping;
    this.mappings = mappings;
  }

  /** Stages examples whose classes count alike. */
  public static Shard stage(
      Iterator<byte[]> records, ExampleLayout layout, Scaling scaling, Path localDirectory) {
    return stage(records, layout, scaling, List.of(), localDirectory);
  }

  /**
   * Writes the records to a file in {@code localDirectory}, scaled, and maps it. Holds about a
   * mebibyte, however many records.
   *
   * @param records unscaled records of {@code layout}; each is borrowed until the next is asked for
   * @param classWeights what the weights of each class's examples are multiplied by; empty: nothing
   * @throws StagingException if the directory or its disk does not take the file
   */
  public static Shard stage(
      Iterator<byte[]> records,
      ExampleLayout layout,
      Scaling scaling,
      List<Double> classWeights,
      Path localDirectory) {
    return stage(records, layout, scaling, classWeights, localDirectory, MAPPING_BYTES);
  }

  static Shard stage(
      Iterator<byte[]> records,
      ExampleLayout layout,
      Scaling scaling,
      Path localDirectory,
      int mappingBytes) {
    return stage(records, layout, scaling, List.of(), localDirectory, mappingBytes);
  }

  private static Shard stage(
      Iterator<byte[]> records,
      ExampleLayout layout,
      Scaling scaling,
      List<Double> classWeights,
      Path localDirectory,
      int mappingBytes) {
    RecordScaler scaler = new RecordScaler(layout, scaling);
    RecordWeights weights = new RecordWeights(layout, classWeights);
    Iterator<byte[]> weighted = new Weighted(records, weights);
    Path file = createFile(localDirectory);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      int size = write(weighted, layout, scaler, channel, localDirectory);
      int recordsPerMapping = Math.max(1, mappingBytes / layout.recordBytes());
      return new Shard(
          layout, size, recordsPerMapping, map(channel, layout, size, recordsPerMapping));
    } catch (IOException e) {
      throw unusable(localDirectory, e);
    } finally {
      unlink(file);
    }
  }

  /** The records with the weights of their classes. */
  private record Weighted(Iterator<byte[]> records, RecordWeights weights)
      implements Iterator<byte[]> {
    @Override
    public boolean hasNext() {
      return records.hasNext();
    }

    @Override
    public byte[] next() {
      return weights.weighted(records.next());
    }
  }

  private static Path createFile(Path localDirectory) {
    try {
      Files.createDirectories(localDirectory);
      return Files.createTempFile(localDirectory, "cairn-shard-", ".bin");
    } catch (IOException e) {
      throw unusable(localDirectory, e);
    }
  }

  private static void unlink(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new StagingException("cannot delete the staged shard " + file + ": " + e, e);
    }
  }

  private static StagingException unusable(Path localDirectory, IOException e) {
    return new StagingException(
        "cannot stage the shard in " + localDirectory + ": " + e + free(localDirectory), e);
  }

  private static String free(Path directory) {
    try {
      return " (" + Files.getFileStore(directory).getUsableSpace() + " bytes free)";
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns the number of records written. */
  static int write(
      Iterator<byte[]> records,
      ExampleLayout layout,
      RecordScaler scaler,
      WritableByteChannel channel,
      Path localDirectory) {
    int recordBytes = layout.recordBytes();
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.max(1, WRITE_BYTES / recordBytes) * recordBytes)
            .order(ExampleLayout.BYTE_ORDER);
    int size = 0;
    while (records.hasNext()) {
      byte[] record = records.next();
      if (record.length != recordBytes) {
        throw new IllegalStateException(
            "a record of " + record.length + " bytes, where the layout has " + recordBytes);
      }
      if (size == Integer.MAX_VALUE - 8) {
        throw new IllegalStateException("a shard holds at most " + size + " examples");
      }
      int base = buffer.position();
      buffer.put(record);
      scaler.scale(buffer, base);
      size++;
      if (!buffer.hasRemaining()) {
        drain(buffer, channel, size, recordBytes, localDirectory);
      }
    }
    drain(buffer, channel, size, recordBytes, localDirectory);
    return size;
  }

  private static void drain(
      ByteBuffer buffer, WritableByteChannel channel, int size, int recordBytes, Path directory) {
    buffer.flip();
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    } catch (IOException e) {
      throw new StagingException(
          "cannot stage the shard in "
              + directory
              + ": "
              // An interrupted write has no message.
              + (e.getMessage() == null ? e.toString() : e.getMessage())
              + ", after "
              + ((long) size * recordBytes - buffer.remaining())
              + " bytes"
              + free(directory)
              + "; a shard needs its examples x "
              + recordBytes
              + " bytes",
          e);
    }
    buffer.clear();
  }

  private static List<MappedByteBuffer> map(
      FileChannel channel, ExampleLayout layout, int size, int recordsPerMapping)
      throws IOException {
    List<MappedByteBuffer> mappings = new ArrayList<>();
    for (long first = 0; first < size; first += recordsPerMapping) {
      long records = Math.min(recordsPerMapping, size - first);
      MappedByteBuffer mapping =
          channel.map(
              FileChannel.MapMode.READ_ONLY,
              first * layout.recordBytes(),
              records * layout.recordBytes());
      mapping.order(ExampleLayout.BYTE_ORDER);
      mappings.add(mapping);
    }
    return mappings;
  }

  /** How many examples the rank owns. */
  public int size() {
    return size;
  }

  /** What stands in a record. */
  public ExampleLayout layout() {
    return layout;
  }

  /**
   * The mapping that holds an example; borrowed, only to be read at {@link #offset}, never after
   * {@link #close}.
   */
  ByteBuffer mapping(int example) {
    if (closed) {
      throw new IllegalStateException("the shard is closed");
    }
    Objects.checkIndex(example, size);
    return mappings.get(example / recordsPerMapping);
  }

  /** Where the record of an example begins in its mapping. */
  int offset(int example) {
    return example % recordsPerMapping * recordBytes;
  }

  /**
   * Unmaps the file, whose space is then free; no thread may be reading. Does nothing the second
   * time.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      mappings.forEach(Unmapping::unmap);
      mappings.clear();
    }
  }
}
