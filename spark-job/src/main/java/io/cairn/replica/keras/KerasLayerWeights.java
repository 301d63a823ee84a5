/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The weights in an HDF5 file of a whole model. It has a group for each layer of the outermost
 * model, with a list of names in which the trainable weights come first.
 *
 * <p>Threading: one thread.
 *
 * @param file what to call it in errors
 * @param hdf5 borrowed
 * @param root the group of all layers
 */
record KerasLayerWeights(String file, KerasHdf5 hdf5, String root) implements KerasWeights {

  private static final String OPTIMIZER = "optimizer_weights";

  /** What versions of Keras call an optimizer's count of updates. */
  private static final Set<String> COUNTS = Set.of("iteration", "iterations", "iter");

  @Override
  public Map<KerasSlot, String> locate(List<KerasSlot> slots) {
    Map<String, List<KerasSlot>> groups = new LinkedHashMap<>();
    hdf5.texts(root, "layer_names").forEach(layer -> groups.put(layer, new ArrayList<>()));
    for (KerasSlot slot : slots) {
      groups.computeIfAbsent(slot.layer().outermost(), layer -> new ArrayList<>()).add(slot);
    }
    if (hdf5.has(root + "/top_level_model_weights")) {
      groups.put("top_level_model_weights", new ArrayList<>());
    }
    Map<KerasSlot, String> located = new LinkedHashMap<>();
    groups.forEach((layer, group) -> locate(layer, group, located));
    return located;
  }

  private void locate(String layer, List<KerasSlot> slots, Map<KerasSlot, String> located) {
    String group = root + "/" + layer;
    List<String> names = hdf5.texts(group, "weight_names");
    if (names.size() != slots.size()) {
      throw new ModelException(
          file
              + ": the file has "
              + names.size()
              + " weights for layer "
              + layer
              + ", its configuration calls for "
              + slots.size());
    }
    List<KerasSlot> inOrder = new ArrayList<>(slots.stream().filter(KerasSlot::trains).toList());
    slots.stream().filter(slot -> !slot.trains()).forEach(inOrder::add);
    for (int i = 0; i < names.size(); i++) {
      KerasSlot slot = inOrder.get(i);
      String path = group + "/" + names.get(i);
      if (!variable(names.get(i)).equals(slot.variable())) {
        throw new ModelException(
            file + ": " + slot.shown() + " is expected where the file has " + names.get(i));
      }
      KerasWeights.checkShape(file, slot, path, hdf5.shape(path));
      located.put(slot, path);
    }
  }

  /** The last part of {@code dense/kernel:0}, which some versions write {@code kernel_1:0}. */
  private static String variable(String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    int colon = last.indexOf(':');
    String variable = colon < 0 ? last : last.substring(0, colon);
    return variable.replaceFirst("_\\d+$", "");
  }

  @Override
  public long updatesMade() {
    return hdf5.texts(OPTIMIZER, "weight_names").stream()
        .filter(name -> COUNTS.contains(variable(name)))
        .mapToLong(name -> hdf5.count(OPTIMIZER + "/" + name))
        .max()
        .orElse(0);
  }

  @Override
  public INDArray array(String path) {
    return hdf5.array(path);
  }
}
