/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A shared file that this process has mapped, as the system sees it, whether unlinked or not.
 *
 * @param address where
 */
public record SharedMapping(long address) {

  /** Where the positions of the ring that data go through start. */
  public static final int FORWARD_CONTROL = SharedFile.FORWARD_CONTROL;

  /** Where its bytes start. */
  public static final int FORWARD_RING = SharedFile.FORWARD_RING;

  private static final Path OWN_MEMORY = Path.of("/proc/self/mem");
  private static final Path OWN_MAPPINGS = Path.of("/proc/self/maps");

  /** Those of files in {@code directory}. */
  public static List<SharedMapping> in(Path directory) throws IOException {
    try (Stream<String> mappings = Files.lines(OWN_MAPPINGS)) {
      return mappings
          .filter(line -> line.contains(" " + directory + "/cairn-"))
          .map(line -> new SharedMapping(Long.parseLong(line.substring(0, line.indexOf('-')), 16)))
          .toList();
    }
  }

  public long readLong(int offset) throws IOException {
    ByteBuffer number = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
    try (FileChannel memory = FileChannel.open(OWN_MEMORY, StandardOpenOption.READ)) {
      memory.read(number, address + offset);
    }
    return number.getLong(0);
  }

  public void flipByte(int offset) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    try (FileChannel memory =
        FileChannel.open(OWN_MEMORY, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      memory.read(one, address + offset);
      one.put(0, (byte) ~one.get(0));
      memory.write(one.flip(), address + offset);
    }
  }
}
