/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cairn.json.StrictJson;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The content of {@code manifest.json}: the files of a checkpoint with their lengths and checksums,
 * and a checksum of the manifest itself.
 *
 * @param format version of all files of a checkpoint
 * @param cairn the version that wrote it
 * @param update updates done
 * @param attempt who wrote it
 * @param writtenAt when, ISO 8601
 * @param byteOrder of all values
 * @param bytesPerValue 4 or 8
 * @param files name, length and checksum of each other file
 */
record Manifest(
    int format,
    String cairn,
    long update,
    int attempt,
    String writtenAt,
    String byteOrder,
    int bytesPerValue,
    List<Entry> files) {

  /** The only version there is. */
  static final int FORMAT = 1;

  private static final Pattern ENVELOPE =
      Pattern.compile(
          "\\{\"manifest\":(?<body>\\{.*}),\n\"crc32c\":\"(?<crc>[0-9a-f]{8})\"}\n",
          Pattern.DOTALL);
  private static final Pattern VERSION =
      Pattern.compile("\\{\\s*\"format\"\\s*:\\s*(\\d{1,9})\\b.*", Pattern.DOTALL);

  /**
   * One file.
   *
   * @param name without a directory
   * @param bytes its length
   * @param crc32c its checksum, eight hexadecimal digits
   */
  record Entry(String name, long bytes, String crc32c) {}

  String render() {
    String body = StrictJson.render(this).strip();
    return "{\"manifest\":%s,\n\"crc32c\":\"%s\"}\n".formatted(body, checksum(body));
  }

  /**
   * Reads what {@link #render} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   * @throws NewerFormatException if a newer version wrote it
   */
  static Manifest parse(String text) {
    Matcher envelope = ENVELOPE.matcher(text);
    if (!envelope.matches()) {
      throw new IllegalArgumentException("not the manifest of a checkpoint");
    }
    String body = envelope.group("body");
    if (!checksum(body).equals(envelope.group("crc"))) {
      throw new IllegalArgumentException("its checksum is wrong");
    }
    Matcher version = VERSION.matcher(body);
    if (version.matches() && Integer.parseInt(version.group(1)) > FORMAT) {
      throw new NewerFormatException(Integer.parseInt(version.group(1)));
    }
    return StrictJson.parse(body, Manifest.class);
  }

  /** Not damaged, but not for this version. */
  static final class NewerFormatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NewerFormatException(int format) {
      super(
          "in format %d, by a newer version of Cairn; this one reads up to format %d"
              .formatted(format, FORMAT));
    }
  }

  static String checksum(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return hex(crc.getValue());
  }

  static String hex(long crc) {
    return HexFormat.of().toHexDigits((int) crc);
  }
}
