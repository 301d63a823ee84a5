/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The entries of a {@code .keras} file. Only the entries that a model of Keras's own layers has are
 * read, and none that is larger than the file's own size allows.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} saying which entry is wrong.
 */
record KerasZip(String config, String metadata, byte[] weights) {

  private static final String CONFIG = "config.json";
  private static final String METADATA = "metadata.json";
  private static final String WEIGHTS = "model.weights.h5";

  private static final int LARGEST_JSON_BYTES = 64 << 20;
  private static final int LARGEST_COMPRESSION = 32;

  /** Whether a zip is of Keras's kind, as far as its entries' names tell. */
  static boolean isOne(byte[] content) {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
      ZipEntry first = zip.getNextEntry();
      return first != null
          && (first.getName().equals(METADATA)
              || first.getName().equals(CONFIG)
              || first.getName().equals(WEIGHTS));
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * Reads the entries.
   *
   * @param name what to call the file in errors
   */
  static KerasZip read(String name, byte[] content) {
    Map<String, byte[]> entries = new HashMap<>();
    long mostWeights = (long) content.length * LARGEST_COMPRESSION;
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(content))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String entryName = entry.getName();
        long limit =
            switch (entryName) {
              case CONFIG, METADATA -> LARGEST_JSON_BYTES;
              case WEIGHTS -> mostWeights;
              default -> throw unexpected(name, entryName);
            };
        if (entries.put(entryName, bounded(name, zip, entryName, limit)) != null) {
          throw new ModelException(name + " holds the entry " + entryName + " twice");
        }
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new ModelException(name + " is damaged: " + e.getMessage(), e);
    }
    return new KerasZip(
        text(name, entries, CONFIG), text(name, entries, METADATA), entry(name, entries, WEIGHTS));
  }

  private static ModelException unexpected(String name, String entry) {
    String shown = entry.substring(0, Math.min(80, entry.length())).replaceAll("\\p{Cntrl}", "?");
    return new ModelException(
        name
            + " holds the entry \""
            + shown
            + "\"; a Keras model that can be trained here holds "
            + CONFIG
            + ", "
            + METADATA
            + " and "
            + WEIGHTS
            + " (no vocabularies or other assets, and weights in one part)");
  }

  private static byte[] bounded(String name, ZipInputStream zip, String entry, long limit)
      throws IOException {
    int most = (int) Math.min(limit, Integer.MAX_VALUE - 16);
    byte[] content = zip.readNBytes(most);
    if (zip.read() >= 0) {
      throw new ModelException(
          name + ": entry " + entry + " is larger than the " + most + " bytes it may have");
    }
    return content;
  }

  private static byte[] entry(String name, Map<String, byte[]> entries, String entry) {
    byte[] content = entries.get(entry);
    if (content == null) {
      throw new ModelException(name + " is not a whole Keras model: it has no " + entry);
    }
    return content;
  }

  private static String text(String name, Map<String, byte[]> entries, String entry) {
    return new String(entry(name, entries, entry), StandardCharsets.UTF_8);
  }
}
