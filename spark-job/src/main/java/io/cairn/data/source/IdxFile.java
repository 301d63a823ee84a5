/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * One file of the IDX format (Yann LeCun's MNIST page): two zero bytes, the element type, the
 * number of dimensions, each dimension as a big-endian int32, then the elements. Only unsigned
 * bytes are supported, which all MNIST-like data uses. A file whose name ends in {@code .gz} is
 * decompressed.
 *
 * <p>The header is not trusted: it is compared with the length of the file before anything is
 * allocated.
 *
 * @param path the file
 * @param items the first dimension
 * @param itemBytes the product of the others
 * @param headerBytes where the elements begin
 */
record IdxFile(String path, int items, int itemBytes, int headerBytes)
    implements java.io.Serializable {
  private static final long serialVersionUID = 1L;
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MAX_ITEM_BYTES = 1 << 26;

  boolean isCompressed() {
    return isCompressed(path);
  }

  private static boolean isCompressed(String path) {
    return path.endsWith(".gz");
  }

  /**
   * Reads the header and proves it by the file's length.
   *
   * @throws IdxFormatException if the file is no IDX file of that many dimensions, or not whole
   */
  static IdxFile open(String path, int leastDimensions, int mostDimensions, Configuration hadoop)
      throws IOException {
    try (InputStream raw = stream(path, hadoop);
        DataInputStream in = new DataInputStream(raw)) {
      IdxFile file = header(path, in, leastDimensions, mostDimensions);
      long expected = (long) file.items * file.itemBytes;
      long present =
          file.isCompressed() ? count(in, expected) : length(path, hadoop) - file.headerBytes;
      if (present < expected) {
        throw new IdxFormatException(
            path
                + " is cut off: its header promises "
                + expected
                + " bytes of data, "
                + present
                + " are there");
      }
      if (present > expected) {
        throw new IdxFormatException(
            path + " has more data than the " + expected + " bytes that its header promises");
      }
      return file;
    } catch (EOFException e) {
      throw new IdxFormatException(path + " is cut off: " + e.getMessage());
    } catch (java.util.zip.ZipException e) {
      throw new IdxFormatException(path + " is not a whole gzip file: " + e.getMessage());
    }
  }

  private static IdxFile header(String path, DataInputStream in, int least, int most)
      throws IOException {
    byte[] magic = new byte[4];
    int read = in.readNBytes(magic, 0, 4);
    if (read < 4 || magic[0] != 0 || magic[1] != 0) {
      throw new IdxFormatException(
          path
              + " is not an IDX file: it begins with "
              + Arrays.toString(Arrays.copyOf(magic, read))
              + " instead of two zero bytes, type and dimensions");
    }
    if (magic[2] != UNSIGNED_BYTE) {
      throw new IdxFormatException(
          "%s holds elements of IDX type 0x%02x; only unsigned bytes (0x08) are read"
              .formatted(path, magic[2] & 0xff));
    }
    int dimensions = magic[3] & 0xff;
    if (dimensions < least || dimensions > most) {
      throw new IdxFormatException(
          path + " has " + dimensions + " dimensions; " + least + " to " + most + " would fit");
    }
    return sized(path, in, dimensions);
  }

  private static IdxFile sized(String path, DataInputStream in, int dimensions) throws IOException {
    int[] sizes = new int[dimensions];
    long itemBytes = 1;
    for (int i = 0; i < dimensions; i++) {
      sizes[i] = readSize(path, in);
      itemBytes *= i == 0 ? 1 : sizes[i];
      if (sizes[i] < (i == 0 ? 0 : 1) || itemBytes > MAX_ITEM_BYTES) {
        throw new IdxFormatException(
            path
                + " has the impossible dimensions "
                + Arrays.toString(Arrays.copyOf(sizes, i + 1))
                + "; an item has 1 to "
                + MAX_ITEM_BYTES
                + " bytes");
      }
    }
    return new IdxFile(path, sizes[0], (int) itemBytes, 4 + 4 * dimensions);
  }

  private static int readSize(String path, DataInputStream in) throws IOException {
    try {
      return in.readInt();
    } catch (EOFException e) {
      throw new IdxFormatException(path + " is cut off in its header");
    }
  }

  /** Counts what is left, but not much further than {@code enough}. */
  private static long count(InputStream in, long enough) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long count = 0;
    try {
      for (int n = in.read(buffer); n >= 0 && count <= enough; n = in.read(buffer)) {
        count += n;
      }
    } catch (EOFException e) {
      return count;
    }
    return count;
  }

  private static long length(String path, Configuration hadoop) throws IOException {
    Path file = new Path(path);
    return file.getFileSystem(hadoop).getFileStatus(file).getLen();
  }

  private static InputStream stream(String path, Configuration hadoop) throws IOException {
    Path file = new Path(path);
    FileSystem system = file.getFileSystem(hadoop);
    FSDataInputStream raw = system.open(file);
    try {
      return new BufferedInputStream(isCompressed(path) ? new GZIPInputStream(raw) : raw, 1 << 16);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  /** The elements from {@code firstItem} on. The caller closes the stream. */
  DataInputStream items(int firstItem, Configuration hadoop) throws IOException {
    long skip = headerBytes + (long) firstItem * itemBytes;
    if (isCompressed()) {
      DataInputStream in = new DataInputStream(stream(path, hadoop));
      in.skipNBytes(skip);
      return in;
    }
    Path file = new Path(path);
    FSDataInputStream in = file.getFileSystem(hadoop).open(file);
    in.seek(skip);
    return new DataInputStream(new BufferedInputStream(in, 1 << 16));
  }

  /** A file that is not what it should be. */
  static final class IdxFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    IdxFormatException(String message) {
      super(message);
    }
  }
}
