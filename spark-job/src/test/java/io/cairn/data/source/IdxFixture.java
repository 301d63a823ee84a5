/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Writes IDX files, sound ones and others. */
final class IdxFixture {
  private IdxFixture() {}

  static Path images(Path directory, boolean compressed, int[] sizes, int... pixels)
      throws IOException {
    return write(directory, "t10k-images-idx3-ubyte", compressed, file(8, sizes, pixels));
  }

  static Path labels(Path directory, boolean compressed, int... labels) throws IOException {
    byte[] file = file(8, new int[] {labels.length}, labels);
    return write(directory, "t10k-labels-idx1-ubyte", compressed, file);
  }

  static byte[] file(int type, int[] sizes, int... elements) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * sizes.length + elements.length);
    file.put((byte) 0).put((byte) 0).put((byte) type).put((byte) sizes.length);
    for (int size : sizes) {
      file.putInt(size);
    }
    for (int element : elements) {
      file.put((byte) element);
    }
    return file.array();
  }

  static Path write(Path directory, String name, boolean compressed, byte[] content)
      throws IOException {
    Path path = directory.resolve(compressed ? name + ".gz" : name);
    Files.write(path, compressed ? gzip(content) : content);
    return path;
  }

  static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return bytes.toByteArray();
  }
}
