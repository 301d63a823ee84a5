/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
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
import org.nd4j.linalg.api.buffer.BaseDataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

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

  private static final int MAX_CONFIGURATION_BYTES = 64 << 20;
  private static final int MAX_NORMALIZER_BYTES = 256 << 20;
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

  /** A model, and what stands in its archive beside it. */
  record ArchiveContent(Network network, ArchiveExtras extras) {}

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
   * @param archive the zip's bytes
   */
  static ArchiveContent read(String name, byte[] archive) {
    Parts parts = parts(name, archive, Purpose.TRAINING);
    try {
      return new ArchiveContent(
          parts.configuration().network(parts.parameters(), parts.updaterState()), parts.extras());
    } catch (IllegalArgumentException e) {
      throw damaged(name, e);
    }
  }

  private static ModelException damaged(String name, Exception failure) {
    return new ModelException(
        name + " is damaged: " + ModelConfiguration.firstLine(failure), failure);
  }

  /** The same without a network. */
  static Parts parts(String name, byte[] archive, Purpose purpose) {
    try {
      byte[] json =
          entries(
                  name,
                  archive,
                  Map.of(ModelSerializer.CONFIGURATION_JSON, (long) MAX_CONFIGURATION_BYTES))
              .get(ModelSerializer.CONFIGURATION_JSON);
      if (json == null) {
        throw new ModelException(
            name + " is not a DL4J model: it has no " + ModelSerializer.CONFIGURATION_JSON);
      }
      ModelConfiguration configuration =
          ModelConfiguration.parse(name, new String(json, StandardCharsets.UTF_8));
      long parameters = configuration.parameterCount();
      long state = parameters * MAX_STATE_PER_PARAMETER;
      Map<String, Long> limits =
          new HashMap<>(
              Map.of(
                  ModelSerializer.COEFFICIENTS_BIN,
                  parameters * Double.BYTES + ARRAY_OVERHEAD_BYTES,
                  StoredNormalizer.ENTRY,
                  (long) MAX_NORMALIZER_BYTES,
                  ArchiveExtras.METADATA,
                  (long) ArchiveExtras.MAX_METADATA_BYTES));
      if (purpose == Purpose.TRAINING) {
        limits.put(ModelSerializer.UPDATER_BIN, state * Double.BYTES + ARRAY_OVERHEAD_BYTES);
      }
      Map<String, byte[]> arrays = entries(name, archive, limits);
      byte[] coefficients = arrays.get(ModelSerializer.COEFFICIENTS_BIN);
      if (coefficients == null) {
        throw new ModelException(name + " has no " + ModelSerializer.COEFFICIENTS_BIN);
      }
      byte[] updater = arrays.get(ModelSerializer.UPDATER_BIN);
      byte[] metadata = arrays.get(ArchiveExtras.METADATA);
      return new Parts(
          configuration,
          array(name, ModelSerializer.COEFFICIENTS_BIN, coefficients, parameters),
          updater == null ? null : array(name, ModelSerializer.UPDATER_BIN, updater, -1),
          new ArchiveExtras(
              Optional.ofNullable(arrays.get(StoredNormalizer.ENTRY)),
              metadata == null ? Map.of() : ArchiveExtras.classNames(name, metadata)));
    } catch (IOException | IllegalArgumentException e) {
      // The zip reader answers some damage with an IllegalArgumentException.
      throw damaged(name, e);
    }
  }

  /** Walks all entries, refuses strange ones, returns the content of those with a limit. */
  private static Map<String, byte[]> entries(String name, byte[] archive, Map<String, Long> limits)
      throws IOException {
    Map<String, byte[]> contents = new HashMap<>();
    Map<String, Boolean> seen = new HashMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String entryName = entry.getName();
        checkName(name, entryName);
        if (seen.put(entryName, true) != null) {
          throw new ModelException(name + " holds the entry " + entryName + " twice");
        }
        Long limit = limits.get(entryName);
        if (limit != null) {
          contents.put(entryName, bounded(name, zip, entryName, limit));
        } else if (IGNORED.contains(entryName)) {
          bounded(name, zip, entryName, MAX_MARKER_BYTES);
        }
      }
    }
    return contents;
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

  /**
   * An array in ND4J's binary form, its headers checked against the bytes that are there before
   * ND4J allocates by them.
   *
   * @param expected number of values, or -1 for any that the bytes hold
   */
  private static INDArray array(String name, String entry, byte[] bytes, long expected)
      throws IOException {
    String what = name + ": " + entry;
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      var shapeHeader = BaseDataBuffer.readHeader(in);
      long shapeLength = shapeHeader.getMiddle();
      if (shapeHeader.getRight() != DataType.INT64 || shapeLength < 4 || shapeLength > 12) {
        throw new ModelException(what + " is not an array of one or two dimensions");
      }
      long rank = in.readLong();
      if (rank < 1 || rank > 2 || shapeLength != 2 * rank + 4) {
        throw new ModelException(what + " has " + rank + " dimensions instead of one or two");
      }
      long length = 1;
      for (int i = 0; i < rank; i++) {
        long size = in.readLong();
        if (size < 1 || size > Integer.MAX_VALUE) {
          throw new ModelException(what + " has a dimension of size " + size);
        }
        length = Math.multiplyExact(length, size);
      }
      in.skipNBytes((shapeLength - 1 - rank) * Long.BYTES);
      var header = BaseDataBuffer.readHeader(in);
      DataType type = header.getRight();
      if (type != DataType.FLOAT && type != DataType.DOUBLE) {
        throw new ModelException(what + " holds " + type + " values instead of FLOAT or DOUBLE");
      }
      if (header.getMiddle() != length || in.available() != length * type.width()) {
        throw new ModelException(
            what + " says it holds " + length + " values, but has " + in.available() + " bytes");
      }
      if (expected >= 0 && length != expected) {
        throw new ModelException(
            what + " holds " + length + " values; the configuration calls for " + expected);
      }
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      // ND4J answers some damage with a plain RuntimeException.
      throw new ModelException(what + " is damaged: " + ModelConfiguration.firstLine(e), e);
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return Nd4j.read(in);
    }
  }

  /**
   * Writes a model, the scaling of its inputs and the names of classes so that plain DL4J loads the
   * first two and passes over the third.
   */
  static void write(Network network, InputScaling scaling, ArchiveExtras extras, Path file)
      throws IOException {
    boolean stored = scaling.kind() == InputScaling.ScalingKind.STORED;
    ArchiveExtras kept =
        new ArchiveExtras(stored ? extras.normalizer() : Optional.empty(), extras.classNames());
    if (kept.normalizer().isEmpty() && kept.classNames().isEmpty()) {
      try (OutputStream out = Files.newOutputStream(file)) {
        network.write(out);
      }
    } else {
      Files.write(file, bytes(network, kept));
    }
    Normalizers.of(scaling)
        .ifPresent(normalizer -> ModelSerializer.addNormalizerToModel(file.toFile(), normalizer));
  }

  /** The archive's bytes, with what stands beside the model. */
  static byte[] bytes(Network network, ArchiveExtras extras) throws IOException {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    network.write(model);
    Map<String, byte[]> more = new TreeMap<>();
    extras.normalizer().ifPresent(content -> more.put(StoredNormalizer.ENTRY, content));
    extras.metadata().ifPresent(content -> more.put(ArchiveExtras.METADATA, content));
    return more.isEmpty() ? model.toByteArray() : with(model.toByteArray(), more);
  }

  /**
   * An archive without its updater's state, the same bytes whenever it is made of the same model:
   * what scoring needs, and what it is known by.
   */
  static byte[] forScoring(byte[] archive) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(archive.length);
    try (ZipOutputStream to = new ZipOutputStream(out);
        ZipInputStream from = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        if (!entry.getName().equals(ModelSerializer.UPDATER_BIN)) {
          ZipEntry kept = new ZipEntry(entry.getName());
          kept.setTimeLocal(NO_TIME);
          to.putNextEntry(kept);
          from.transferTo(to);
          to.closeEntry();
        }
      }
    }
    return out.toByteArray();
  }

  private static byte[] with(byte[] archive, Map<String, byte[]> more) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(archive.length);
    try (ZipOutputStream to = new ZipOutputStream(out);
        ZipInputStream from = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
        to.putNextEntry(new ZipEntry(entry.getName()));
        from.transferTo(to);
        to.closeEntry();
      }
      for (Map.Entry<String, byte[]> entry : more.entrySet()) {
        to.putNextEntry(new ZipEntry(entry.getKey()));
        to.write(entry.getValue());
        to.closeEntry();
      }
    }
    return out.toByteArray();
  }
}
