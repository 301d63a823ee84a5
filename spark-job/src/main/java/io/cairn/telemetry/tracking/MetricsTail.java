/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads the lines of {@code metrics.jsonl} while the file grows, each whole, from where it stopped
 * before.
 *
 * <p>Threading: one thread.
 */
final class MetricsTail {

  /** About a thousand updates. */
  static final int MOST_BYTES = 1 << 18;

  private final Tracking.Metrics source;
  private long offset;

  MetricsTail(Tracking.Metrics source) {
    this.source = source;
  }

  /** Bytes of the lines read so far. */
  long offset() {
    return offset;
  }

  /** Goes on from there. */
  void from(long byteOffset) {
    offset = byteOffset;
  }

  /** Opens the file as it is now, for reading on; the caller closes it. */
  Reading open() throws IOException {
    Optional<InputStream> file = source.open();
    if (file.isEmpty()) {
      return new Reading(InputStream.nullInputStream());
    }
    try {
      file.get().skipNBytes(offset);
      return new Reading(file.get());
    } catch (EOFException shorter) {
      // It is another, shorter file than before.
      file.get().close();
      offset = 0;
      return open();
    } catch (IOException e) {
      try (InputStream closed = file.get()) {
        throw e;
      }
    }
  }

  /** One file, read to its end. Threading: one thread. */
  final class Reading implements AutoCloseable {

    private final InputStream in;
    private byte[] left = new byte[0];

    private Reading(InputStream in) {
      this.in = in;
    }

    /**
     * The next whole lines, as far as {@value #MOST_BYTES} bytes go, or one that is longer; none at
     * the end.
     */
    List<String> next() throws IOException {
      while (true) {
        byte[] more = in.readNBytes(MOST_BYTES);
        byte[] bytes = Arrays.copyOf(left, left.length + more.length);
        System.arraycopy(more, 0, bytes, left.length, more.length);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
          end--;
        }
        left = Arrays.copyOfRange(bytes, end, bytes.length);
        offset += end;
        if (end > 0 || more.length < MOST_BYTES) {
          return new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList();
        }
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
