/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelSource.Origin;
import io.cairn.replica.keras.KerasModel;
import io.cairn.replica.keras.KerasReader;
import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.replica.layers.DescriptionException;
import io.cairn.replica.onnx.OnnxReader;
import io.cairn.replica.samediff.GraphFile;
import io.cairn.replica.samediff.GraphModel;
import io.cairn.settings.LayerSettings;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Reads models of each kind. Which one a file is, is decided by its first bytes and not by its
 * name.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} with one sentence for the operator.
 */
final class ModelReader {

  private static final String DESCRIBED = "model.layers";
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /** Of what is no text: enough to say so. */
  private static final int MOST_SAID = 200;

  private ModelReader() {}

  static ModelSource read(String name, byte[] content, long seed, GraphWishes wishes) {
    HeadStart.awaitEnd();
    if (OnnxReader.isOnnx(content)) {
      return graph(name, OnnxReader.read(name, content, wishes));
    }
    if (!startsWith(content, ZIP) && GraphFile.isOne(content)) {
      return graph(name, GraphModel.read(name, content, wishes));
    }
    ModelSource read = readLayers(name, content, seed);
    return read.network().kind().completed(read, wishes);
  }

  static boolean isGraph(byte[] content) {
    return OnnxReader.isOnnx(content) || (!startsWith(content, ZIP) && GraphFile.isOne(content));
  }

  private static ModelSource graph(String name, GraphModel model) {
    // The network takes the state out of the graph.
    Origin origin = model.hasUpdaterState() ? Origin.FILE_WITH_STATE : Origin.FILE;
    return new ModelSource(
        name,
        new SameDiffNetwork(model),
        ArchiveExtras.none(),
        origin,
        OptionalDouble.empty(),
        model.origin().notes());
  }

  private static ModelSource readLayers(String name, byte[] content, long seed) {
    if (KerasReader.isKeras(content)) {
      KerasModel keras = KerasReader.read(name, content);
      keras.configuration().seed(seed);
      Dl4jNetwork network = keras.configuration().network(keras.parameters(), null);
      network.startUpdater(keras.updaterStart());
      return new ModelSource(
          name,
          network,
          ArchiveExtras.none(),
          keras.parameters() == null ? Origin.DRAWN : Origin.FILE,
          keras.clipGlobalNorm(),
          keras.notes());
    }
    if (startsWith(content, ZIP)) {
      return readArchive(name, () -> new ByteArrayInputStream(content));
    }
    ModelConfiguration configuration =
        ModelConfiguration.parse(name, new String(json(content), StandardCharsets.UTF_8));
    configuration.seed(seed);
    return new ModelSource(
        name,
        initialised(name, configuration),
        ArchiveExtras.none(),
        Origin.DRAWN,
        OptionalDouble.empty(),
        List.of());
  }

  static ModelSource described(LayerSettings settings, DataShape data, long seed) {
    HeadStart.awaitEnd();
    DescribedModel model = DescribedModel.of(settings);
    String json;
    try {
      json = model.json(data, seed);
    } catch (DescriptionException e) {
      throw new ModelException(e.getMessage(), e);
    }
    ModelConfiguration configuration = ModelConfiguration.parse(DESCRIBED, json);
    configuration.seed(seed);
    return new ModelSource(
        DESCRIBED,
        initialised(DESCRIBED, configuration),
        ArchiveExtras.none(),
        Origin.DRAWN,
        OptionalDouble.empty(),
        model.notes(),
        Optional.of(json));
  }

  static ModelSource readArchive(String name, ArchiveSource archive) {
    HeadStart.awaitEnd();
    ModelArchive.ArchiveContent read = ModelArchive.read(name, archive);
    return new ModelSource(
        name,
        read.network(),
        read.extras(),
        switch (read.updaterState()) {
          case STORED -> Origin.FILE_WITH_STATE;
          case NONE -> Origin.FILE;
        },
        OptionalDouble.empty(),
        List.of());
  }

  static Dl4jNetwork initialised(String name, ModelConfiguration configuration) {
    try {
      return configuration.network(null, null);
    } catch (RuntimeException e) {
      throw new ModelException(
          name + " is a configuration DL4J cannot build: " + ModelConfiguration.firstLine(e), e);
    }
  }

  /** All of a text; the beginning of what is none, to say so: as a text it would be far longer. */
  private static byte[] json(byte[] content) {
    byte[] beginning = Arrays.copyOf(content, Math.min(content.length, MOST_SAID));
    for (byte value : beginning) {
      boolean text = value < 0 || value >= ' ' || value == '\n' || value == '\r' || value == '\t';
      if (!text) {
        return beginning;
      }
    }
    return content;
  }

  private static boolean startsWith(byte[] content, byte[] magic) {
    return content.length >= magic.length
        && Arrays.equals(content, 0, magic.length, magic, 0, magic.length);
  }
}
