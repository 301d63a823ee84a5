/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weights in a {@code .keras} file, which form a tree like that of the model's objects.
 *
 * <p>Threading: one thread.
 *
 * @param file what to call it in errors
 * @param hdf5 borrowed
 */
record KerasTreeWeights(String file, KerasHdf5 hdf5) implements KerasWeights {

  /** What TensorFlow 2.12 calls the group that later versions call layers. */
  private static final String OLD_LAYERS = "_layer_checkpoint_dependencies";

  /** State of random generators: a run draws from seeds of its own. */
  private static final String GENERATOR = "/seed_generator/vars/";

  @Override
  public Map<KerasSlot, String> locate(List<KerasSlot> slots) {
    String layers = hdf5.has("layers") ? "layers" : OLD_LAYERS;
    Set<String> stored = new TreeSet<>();
    collect(layers, stored);
    collect("vars", stored);
    Map<KerasSlot, String> located = new LinkedHashMap<>();
    for (KerasSlot slot : slots) {
      String part = slot.part().isEmpty() ? "" : "/" + slot.part();
      String path =
          slot.layer().path().replace(KerasLayer.LAYERS, layers) + part + "/vars/" + slot.index();
      if (!stored.remove(path)) {
        throw new ModelException(file + ": " + slot.shown() + " is not in the file (" + path + ")");
      }
      KerasWeights.checkShape(file, slot, path, hdf5.shape(path));
      located.put(slot, path);
    }
    stored.removeIf(path -> path.contains(GENERATOR));
    if (!stored.isEmpty()) {
      throw new ModelException(
          file
              + " has weights that its configuration does not call for: "
              + stored.stream().limit(3).toList());
    }
    return located;
  }

  private void collect(String path, Set<String> stored) {
    if (!hdf5.has(path)) {
      return;
    }
    if (hdf5.isArray(path)) {
      stored.add(path);
      return;
    }
    hdf5.children(path).forEach(child -> collect(path + "/" + child, stored));
  }

  @Override
  public long updatesMade() {
    return hdf5.count("optimizer/vars/0");
  }

  @Override
  public INDArray array(String path) {
    return hdf5.array(path);
  }
}
