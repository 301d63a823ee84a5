/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelArchive.UpdaterState;
import io.cairn.replica.samediff.GraphModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * A SameDiff graph as it travels and as a run leaves it: a zip with {@code samediff.fb}, which is
 * SameDiff's own file with its updater's state, {@code samediff.json}, which says what the graph's
 * variables are for, and {@code model.onnx} where the graph came from an ONNX file. On its way to
 * workers {@code updaters.json} has the optimizers of the settings. The names of classes and the
 * scaling of inputs stand beside them, as in every model's archive.
 *
 * <p>Entries are not compressed, so that none is longer than the file. Numbers would not become
 * shorter.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException}.
 */
final class SameDiffArchive {

  static final String GRAPH = "samediff.fb";
  static final String ROLES = "samediff.json";
  static final String ONNX = "model.onnx";
  static final String UPDATERS = "updaters.json";

  private static final int MOST_ROLES_BYTES = 16 << 20;
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private SameDiffArchive() {}

  /** Whether an archive is one: the graph is its first entry. */
  static boolean isOne(ArchiveSource archive) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(archive.open())) {
      ZipEntry first = zip.getNextEntry();
      return first != null && first.getName().equals(GRAPH);
    }
  }

  /** Reads an archive; the bounds of other entries are their readers' affair. */
  static ModelArchive.ArchiveContent read(String name, ArchiveSource archive) throws IOException {
    Map<String, byte[]> entries = entries(name, archive);
    GraphModel model = model(name, entries);
    // The network takes it out of the graph.
    UpdaterState state = model.hasUpdaterState() ? UpdaterState.STORED : UpdaterState.NONE;
    return new ModelArchive.ArchiveContent(
        new SameDiffNetwork(model), extras(name, entries), state);
  }

  /** The graph alone. */
  static GraphModel model(String name, ArchiveSource archive) throws IOException {
    return model(name, entries(name, archive));
  }

  private static GraphModel model(String name, Map<String, byte[]> entries) {
    byte[] roles = entries.get(ROLES);
    if (roles == null) {
      throw new ModelException(name + " has no " + ROLES);
    }
    return GraphModel.ofArchive(
        name,
        entries.get(GRAPH),
        roles,
        Optional.ofNullable(entries.get(UPDATERS)),
        Optional.ofNullable(entries.get(ONNX)));
  }

  private static ArchiveExtras extras(String name, Map<String, byte[]> entries) {
    byte[] metadata = entries.get(ArchiveExtras.METADATA);
    return new ArchiveExtras(
        Optional.ofNullable(entries.get(StoredNormalizer.ENTRY)),
        metadata == null ? Map.of() : ArchiveExtras.classNames(name, metadata));
  }

  private static Map<String, byte[]> entries(String name, ArchiveSource archive)
      throws IOException {
    Map<String, byte[]> entries = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(archive.open())) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        int most =
            switch (entry.getName()) {
              case GRAPH, ONNX -> stored(name, entry);
              case ROLES, UPDATERS, ArchiveExtras.METADATA -> MOST_ROLES_BYTES;
              case StoredNormalizer.ENTRY -> ModelArchive.MAX_NORMALIZER_BYTES;
              default ->
                  throw new ModelException(
                      "%s holds an unexpected entry; a SameDiff model's archive holds %s, %s, and may hold %s, %s and %s"
                          .formatted(
                              name,
                              GRAPH,
                              ROLES,
                              ONNX,
                              StoredNormalizer.ENTRY,
                              ArchiveExtras.METADATA));
            };
        if (entries.put(entry.getName(), bounded(name, zip, entry.getName(), most)) != null) {
          throw new ModelException(name + " holds the entry " + entry.getName() + " twice");
        }
      }
    }
    return entries;
  }

  /** What is not compressed cannot be longer than the archive. */
  private static int stored(String name, ZipEntry entry) {
    if (entry.getMethod() != ZipEntry.STORED) {
      throw new ModelException(
          "%s: entry %s is compressed; Cairn writes it as it is".formatted(name, entry.getName()));
    }
    return ArchiveBytes.LONGEST_ARRAY_BYTES;
  }

  private static byte[] bounded(String name, InputStream in, String entry, int most)
      throws IOException {
    byte[] content = in.readNBytes(most);
    if (in.read() >= 0) {
      throw new ModelException(
          name + ": entry " + entry + " is larger than the " + most + " bytes it may have");
    }
    return content;
  }

  /**
   * Writes an archive.
   *
   * @param graph SameDiff's own file
   * @param groups optimizers of the settings
   * @param onnx the ONNX file that it came from, with the present values
   */
  static void write(
      GraphModel model,
      byte[] graph,
      Optional<byte[]> groups,
      Optional<byte[]> onnx,
      OutputStream out)
      throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    put(zip, GRAPH, graph);
    put(zip, ROLES, model.roles().json());
    if (groups.isPresent()) {
      put(zip, UPDATERS, groups.get());
    }
    if (onnx.isPresent()) {
      put(zip, ONNX, onnx.get());
    }
    zip.finish();
  }

  /** An entry as it is: its length and checksum stand before it. */
  static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTimeLocal(NO_TIME);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
