/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.samediff.GraphModel;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads DL4J's model archive without trusting it. DL4J's own reader accepts any entry of any size,
 * and deserializes Java objects from some of them. Here entries must be on an allow-list. Their
 * sizes are limited by what the configuration requires, before anything of that size is allocated.
 * Nothing is deserialized by Java.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} saying which entry is wrong and why.
 */
final class ModelArchive {

  /** An entry that is longer is not copied to the heap before it becomes an array. */
  private static final int MOST_BYTES_ON_HEAP = 64 << 20;

  private static final int MAX_CONFIGURATION_BYTES = 64 << 20;
  static final int MAX_NORMALIZER_BYTES = 256 << 20;
  private static final int MAX_MARKER_BYTES = 1 << 20;

  /** Bytes of an ND4J array besides its values: two headers and the shape information. */
  private static final int ARRAY_OVERHEAD_BYTES = 4096;

  /** The most values of state a DL4J updater keeps for one parameter. */
  private static final int MAX_STATE_PER_PARAMETER = 4;

  /** What entries of an archive are dated, that is to be known by its bytes. */
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final Set<String> READ =
      Set.of(
          ModelSerializer.CONFIGURATION_JSON,
          ModelSerializer.COEFFICIENTS_BIN,
          ModelSerializer.UPDATER_BIN,
          StoredNormalizer.ENTRY,
          ArchiveExtras.METADATA);
  private static final Set<String> IGNORED = Set.of(ModelSerializer.NO_PARAMS_MARKER);
  private static final Set<String> SERIALIZED_OBJECTS =
      Set.of(ModelSerializer.PREPROCESSOR_BIN, "updater.bin");

  private ModelArchive() {}

  /** Whether an archive holds an updater's state. */
  enum UpdaterState {
    /** It does. */
    STORED,
    /** The updater begins afresh. */
    NONE
  }

  /** A model, and what stands in its archive beside it. */
  record ArchiveContent(Network network, ArchiveExtras extras, UpdaterState updaterState) {}

  /**
   * What an archive holds, before a network is made of it.
   *
   * @param parameters flat
   * @param updaterState flat; null if there is none, or none was asked for
   */
  record Parts(
      ModelConfiguration configuration,
      INDArray parameters,
      INDArray updaterState,
      ArchiveExtras extras) {}

  /** Whether what only training needs is read. */
  enum Purpose {
    /** The updater's state is read. */
    TRAINING,
    /** It is passed over. */
    SCORING
  }

  /**
   * Reads an archive.
   *
   * @param name what to call it in errors
   * @param archive the zip
   */
  static ArchiveContent read(String name, ArchiveSource archive) {
    if (isGraph(name, archive)) {
      try {
        return SameDiffArchive.read(name, archive);
      } catch (IOException | IllegalArgumentException e) {
        throw damaged(name, e);
      }
    }
    Parts parts = parts(name, archive, Purpose.TRAINING);
    try {
      return new ArchiveContent(
          parts.configuration().network(parts.parameters(), parts.updaterState()),
          parts.extras(),
          parts.updaterState() == null ? UpdaterState.NONE : UpdaterState.STORED);
    } catch (IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  /** Whether an archive holds a SameDiff graph, and no network of Deeplearning4j's layers. */
  static boolean isGraph(String name, ArchiveSource archive) {
    try {
      return SameDiffArchive.isOne(archive);
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  /** The SameDiff graph in an archive, with its values. */
  static GraphModel graph(String name, ArchiveSource archive) {
    try {
      return SameDiffArchive.model(name, archive);
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  private static ModelException damaged(String name, Exception failure) {
    return new ModelException(
        name + " is damaged: " + ModelConfiguration.firstLine(failure), failure);
  }

  /** The same without a network. */
  static Parts parts(String name, ArchiveSource archive, Purpose purpose) {
    try {
      Map<String, byte[]> first = new HashMap<>();
      walk(
          name,
          archive,
          Map.of(
              ModelSerializer.CONFIGURATION_JSON,
              (entry, in) -> first.put(entry, bounded(name, in, entry, MAX_CONFIGURATION_BYTES))));
      byte[] json = first.get(ModelSerializer.CONFIGURATION_JSON);
      if (json == null) {
        throw new ModelException(
            name + " is not a DL4J model: it has no " + ModelSerializer.CONFIGURATION_JSON);
      }
      ModelConfiguration configuration =
          ModelConfiguration.parse(name, new String(json, StandardCharsets.UTF_8));
      if (purpose == Purpose.TRAINING) {
        ModelLimits.require(configuration);
      }
      long parameters = configuration.parameterCount();
      long state = parameters * MAX_STATE_PER_PARAMETER;
      Map<String, byte[]> beside = new HashMap<>();
      Map<String, INDArray> arrays = new HashMap<>();
      Map<String, Content> contents =
          new HashMap<>(
              Map.of(
                  ModelSerializer.COEFFICIENTS_BIN,
                  (entry, in) -> arrays.put(entry, array(name, entry, in, parameters, parameters)),
                  StoredNormalizer.ENTRY,
                  (entry, in) -> beside.put(entry, bounded(name, in, entry, MAX_NORMALIZER_BYTES)),
                  ArchiveExtras.METADATA,
                  (entry, in) ->
                      beside.put(
                          entry, bounded(name, in, entry, ArchiveExtras.MAX_METADATA_BYTES))));
      if (purpose == Purpose.TRAINING) {
        contents.put(
            ModelSerializer.UPDATER_BIN,
            (entry, in) -> arrays.put(entry, array(name, entry, in, -1, state)));
      }
      walk(name, archive, contents);
      INDArray coefficients = arrays.get(ModelSerializer.COEFFICIENTS_BIN);
      if (coefficients == null) {
        throw new ModelException(name + " has no " + ModelSerializer.COEFFICIENTS_BIN);
      }
      byte[] metadata = beside.get(ArchiveExtras.METADATA);
      return new Parts(
          configuration,
          coefficients,
          arrays.get(ModelSerializer.UPDATER_BIN),
          new ArchiveExtras(
              Optional.ofNullable(beside.get(StoredNormalizer.ENTRY)),
              metadata == null ? Map.of() : ArchiveExtras.classNames(name, metadata)));
    } catch (IOException | IllegalArgumentException e) {
      // The zip reader answers some damage with an IllegalArgumentException.
      throw damaged(name, e);
    }
  }

  /** What is done with an entry; the stream ends where the entry does. */
  @FunctionalInterface
  private interface Content {
    void read(String entry, InputStream in) throws IOException;
  }

  /** Walks all entries, refuses strange ones, and reads those that are wanted. */
  private static void walk(String name, ArchiveSource archive, Map<String, Content> wanted)
      throws IOException {
    Map<String, Boolean> seen = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(archive.open())) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String entryName = entry.getName();
        checkName(name, entryName);
        if (seen.put(entryName, true) != null) {
          throw new ModelException(name + " holds the entry " + entryName + " twice");
        }
        if (wanted.containsKey(entryName)) {
          wanted.get(entryName).read(entryName, zip);
        } else if (IGNORED.contains(entryName)) {
          bounded(name, zip, entryName, MAX_MARKER_BYTES);
        }
      }
    }
  }

  private static void checkName(String name, String entry) {
    if (SERIALIZED_OBJECTS.contains(entry)) {
      throw new ModelException(
          name
              + " holds a serialized Java object ("
              + entry
              + "), which is never read; save the model again without it");
    }
    if (!READ.contains(entry) && !IGNORED.contains(entry)) {
      throw new ModelException(
          name
              + " holds an unexpected entry \""
              + printable(entry)
              + "\"; a DL4J model holds "
              + ModelSerializer.CONFIGURATION_JSON
              + ", "
              + ModelSerializer.COEFFICIENTS_BIN
              + ", and may hold "
              + ModelSerializer.UPDATER_BIN
              + ", "
              + StoredNormalizer.ENTRY
              + " and "
              + ArchiveExtras.METADATA);
    }
  }

  private static String printable(String text) {
    String shown = text.length() > 80 ? text.substring(0, 80) + "..." : text;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  private static byte[] bounded(String name, InputStream in, String entry, int most)
      throws IOException {
    byte[] content = in.readNBytes(most);
    if (in.read() >= 0) {
      throw tooLarge(name, entry, most);
    }
    return content;
  }

  private static ModelException tooLarge(String name, String entry, long most) {
    return new ModelException(
        name + ": entry " + entry + " is larger than the " + most + " bytes it may have");
  }

  /**
   * An array in ND4J's binary form, its headers checked against the bytes that are there before
   * ND4J allocates by them. One of more than {@link #MOST_BYTES_ON_HEAP} is allocated once that
   * many are there.
   *
   * @param expected number of values, or -1 for any that the bytes hold
   * @param mostValues that may be there
   */
  private static INDArray array(
      String name, String entry, InputStream in, long expected, long mostValues)
      throws IOException {
    long most = mostValues * Double.BYTES + ARRAY_OVERHEAD_BYTES;
    StoredArray stored = new StoredArray(name + ": " + entry, expected);
    byte[] content = in.readNBytes((int) Math.min(most, MOST_BYTES_ON_HEAP));
    int next = in.read();
    if (next < 0) {
      return stored.read(content);
    }
    if (content.length == most) {
      throw tooLarge(name, entry, most);
    }
    return stored.readLong(
        new SequenceInputStream(
            new ByteArrayInputStream(content),
            new SequenceInputStream(
                new ByteArrayInputStream(new byte[] {(byte) next}), new EntryStream(in))),
        mostValues);
  }

  /**
   * An entry of a zip, behind which others are read: whoever has read it to its end may close it.
   */
  private static final class EntryStream extends FilterInputStream {
    EntryStream(InputStream zip) {
      super(zip);
    }

    @Override
    public void close() {}
  }

  /**
   * Writes a model, the scaling of its inputs and the names of classes so that plain DL4J loads the
   * first two and passes over the third.
   */
  static void write(Network network, InputScaling scaling, ArchiveExtras extras, Path file)
      throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      network.write(out);
    }
    Optional<byte[]> normalizer =
        scaling.kind() == InputScaling.ScalingKind.STORED
            ? extras.normalizer()
            : Normalizers.of(scaling).map(Normalizers::bytes);
    add(entries(new ArchiveExtras(normalizer, extras.classNames())), file);
  }

  /** Entries that are there already are moved as they are: DL4J would compress them once more. */
  private static void add(Map<String, byte[]> more, Path file) throws IOException {
    if (more.isEmpty()) {
      return;
    }
    try (FileSystem zip = FileSystems.newFileSystem(file)) {
      for (Map.Entry<String, byte[]> entry : more.entrySet()) {
        Files.write(zip.getPath(entry.getKey()), entry.getValue());
      }
    }
  }

  /**
   * What scoring needs of a model, without its updater's state: the same bytes whenever it is made
   * of the same model, which is known by them.
   */
  static ArchiveBytes forScoring(Network network, ArchiveExtras extras) throws IOException {
    ArchiveBytes model = ArchiveBytes.of(network::writeForScoring);
    return ArchiveBytes.of(out -> with(model::open, entries(extras), out));
  }

  /** The archive as workers read it, with what stands beside the model. */
  static ArchiveBytes bytes(Network network, ArchiveExtras extras) throws IOException {
    ArchiveBytes model = ArchiveBytes.of(network::writeForWorkers);
    Map<String, byte[]> more = entries(extras);
    return more.isEmpty() ? model : ArchiveBytes.of(out -> with(model::open, more, out));
  }

  private static Map<String, byte[]> entries(ArchiveExtras extras) {
    Map<String, byte[]> entries = new TreeMap<>();
    extras.normalizer().ifPresent(content -> entries.put(StoredNormalizer.ENTRY, content));
    extras.metadata().ifPresent(content -> entries.put(ArchiveExtras.METADATA, content));
    return entries;
  }

  private static void with(ArchiveSource archive, Map<String, byte[]> more, OutputStream out)
      throws IOException {
    try (ZipOutputStream to = new ZipOutputStream(out);
        ZipInputStream from = new ZipInputStream(archive.open())) {
      for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        if (entry.getMethod() == ZipEntry.STORED) {
          SameDiffArchive.put(to, entry.getName(), from.readAllBytes());
        } else {
          to.putNextEntry(undated(entry.getName()));
          from.transferTo(to);
          to.closeEntry();
        }
      }
      for (Map.Entry<String, byte[]> entry : more.entrySet()) {
        to.putNextEntry(undated(entry.getKey()));
        to.write(entry.getValue());
        to.closeEntry();
      }
    }
  }

  private static ZipEntry undated(String name) {
    ZipEntry entry = new ZipEntry(name);
    entry.setTimeLocal(NO_TIME);
    return entry;
  }
}
