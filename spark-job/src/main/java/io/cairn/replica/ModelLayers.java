/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * The layers of a model's archive, read from its configuration alone: no array is made.
 *
 * <p>Threading: stateless.
 */
public final class ModelLayers {

  private static final String CONFIGURATION = "configuration.json";
  private static final int MOST_BYTES = 64 << 20;

  private ModelLayers() {}

  /**
   * Reads them.
   *
   * @param archive as Deeplearning4j writes it; not closed
   * @return in the model's order; empty if the archive holds no configuration
   */
  public static List<ModelLayer> of(InputStream archive) throws IOException {
    ZipInputStream zip = new ZipInputStream(archive);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      if (entry.getName().equals(CONFIGURATION)) {
        String json = new String(zip.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
        return rows(ModelConfiguration.parse("model.zip", json));
      }
    }
    return List.of();
  }

  private static List<ModelLayer> rows(ModelConfiguration model) {
    List<ModelLayer> rows = new ArrayList<>();
    if (model instanceof ModelConfiguration.Graph graph) {
      graph
          .conf()
          .getVertices()
          .forEach(
              (name, vertex) ->
                  rows.add(
                      vertex instanceof LayerVertex layer
                          ? row(name, layer.getLayerConf())
                          : new ModelLayer(
                              name, LayerWords.kind(vertex), "", "", vertex.numParams(true), "")));
      return rows;
    }
    List<NeuralNetConfiguration> layers = model.layers();
    for (int i = 0; i < layers.size(); i++) {
      String given = layers.get(i).getLayer().getLayerName();
      rows.add(row(given == null ? "layer" + i : given, layers.get(i)));
    }
    return rows;
  }

  private static ModelLayer row(String name, NeuralNetConfiguration configuration) {
    Layer layer = configuration.getLayer();
    Layer inner = FrozenLayers.inner(layer);
    Layer core = LayerWords.core(inner);
    return new ModelLayer(
        name,
        LayerWords.kind(inner) + (FrozenLayers.isFrozen(layer) ? ", frozen" : ""),
        core instanceof FeedForwardLayer sized ? positive(sized.getNIn()) : "",
        core instanceof FeedForwardLayer sized ? positive(sized.getNOut()) : "",
        layer.initializer().numParams(configuration),
        LayerWords.activation(core).orElse(""));
  }

  private static String positive(long number) {
    return number > 0 ? Long.toString(number) : "";
  }
}
