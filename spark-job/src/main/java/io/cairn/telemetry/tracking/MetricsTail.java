/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Reads the lines of {@code metrics.jsonl} while the file grows, each whole, from where it stopped
 * before.
 *
 * <p>Owns nothing: the file is opened for each reading. Threading: one thread.
 */
final class MetricsTail {

  /** Some thousand updates. */
  static final int MOST_BYTES = 1 << 20;

  private final Tracking.Metrics source;
  private long offset;

  MetricsTail(Tracking.Metrics source) {
    this.source = source;
  }

  /** Bytes read so far. */
  long offset() {
    return offset;
  }

  /** Goes on from there. */
  void from(long byteOffset) {
    offset = byteOffset;
  }

  /** The next whole lines, as far as {@value #MOST_BYTES} bytes go; none at the end. */
  List<String> next() throws IOException {
    Optional<InputStream> file = source.open();
    if (file.isEmpty()) {
      return List.of();
    }
    byte[] bytes;
    try (InputStream in = file.get()) {
      in.skipNBytes(offset);
      bytes = in.readNBytes(MOST_BYTES);
    } catch (EOFException shorter) {
      // It is another, shorter file than before.
      offset = 0;
      return next();
    }
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] != '\n') {
      end--;
    }
    offset += end;
    return new String(bytes, 0, end, StandardCharsets.UTF_8).lines().toList();
  }
}
