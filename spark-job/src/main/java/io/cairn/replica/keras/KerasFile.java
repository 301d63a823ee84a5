/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.io.IOException;
import java.util.Optional;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * An opened Keras file: what it says about the model, and where its weights are. HDF5 files of any
 * version and {@code .keras} zips look the same here.
 *
 * <p>Whoever opens it closes it.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: {@link ModelException} for a file that is damaged or contains no complete model.
 *
 * @param name what to call it in errors
 * @param major version of the Keras that wrote it: 2 or 3
 * @param model class and configuration of the model
 * @param compiled what the model was compiled with; null if it was not
 * @param weights where the weights are
 * @param hdf5 closed with this
 */
record KerasFile(
    String name, int major, JsonNode model, JsonNode compiled, KerasWeights weights, KerasHdf5 hdf5)
    implements AutoCloseable {

  private static final byte[] HDF5_MAGIC = {(byte) 0x89, 'H', 'D', 'F'};

  /** Whether the bytes are of one of the forms of a Keras file. */
  static boolean isOne(byte[] content) {
    return isHdf5(content) || KerasZip.isOne(content);
  }

  private static boolean isHdf5(byte[] content) {
    for (int i = 0; i < HDF5_MAGIC.length; i++) {
      if (content.length <= i || content[i] != HDF5_MAGIC[i]) {
        return false;
      }
    }
    return true;
  }

  /** Opens a file of either form. */
  static KerasFile open(String name, byte[] content) {
    return isHdf5(content) ? hdf5(name, content) : zip(name, content);
  }

  private static KerasFile hdf5(String name, byte[] content) {
    KerasHdf5 hdf5 = KerasHdf5.open(name, content);
    try {
      Optional<String> model = hdf5.text("/", "model_config");
      if (model.isEmpty()) {
        throw new ModelException(
            name
                + " holds weights but no model; save the whole model (model.save), not its weights"
                + " (save_weights)");
      }
      String root = hdf5.has("model_weights") ? "model_weights" : "";
      int major = major(name, hdf5.text("/", "keras_version").or(() -> version(hdf5, root)));
      JsonNode compiled =
          hdf5.text("/", "training_config")
              .map(text -> json(name + ": training_config", text))
              .orElse(null);
      return new KerasFile(
          name,
          major,
          json(name + ": model_config", model.get()),
          compiled,
          new KerasLayerWeights(name, hdf5, root),
          hdf5);
    } catch (RuntimeException e) {
      hdf5.close();
      throw e;
    }
  }

  private static Optional<String> version(KerasHdf5 hdf5, String root) {
    return hdf5.text(root, "keras_version");
  }

  private static KerasFile zip(String name, byte[] content) {
    KerasZip zip = KerasZip.read(name, content);
    JsonNode model = json(name + ": config.json", zip.config());
    JsonNode metadata = json(name + ": metadata.json", zip.metadata());
    int major =
        major(name, Optional.ofNullable(metadata.get("keras_version")).map(JsonNode::asText));
    KerasHdf5 hdf5 = KerasHdf5.open(name + ": model.weights.h5", zip.weights());
    return new KerasFile(
        name, major, model, model.get("compile_config"), new KerasTreeWeights(name, hdf5), hdf5);
  }

  private static int major(String name, Optional<String> version) {
    String given = version.orElse("1");
    if (given.startsWith("2.")) {
      return 2;
    }
    if (given.startsWith("3.")) {
      return 3;
    }
    throw new ModelException(
        name
            + " was written by Keras "
            + version.orElse("of an unknown version")
            + "; files of Keras 2 and 3 can be read. Load it with a newer Keras and save it again");
  }

  private static JsonNode json(String what, String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (IOException | StackOverflowError e) {
      throw new ModelException(what + " is not JSON", e);
    }
  }

  @Override
  public void close() {
    hdf5.close();
  }
}
