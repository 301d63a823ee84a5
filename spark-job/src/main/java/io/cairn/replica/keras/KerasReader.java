/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelConfiguration;
import io.cairn.replica.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Reads a Keras model for training. Every word of its configuration is translated, refused by name,
 * or known to have no effect.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} naming file, layer and what would be accepted.
 */
public final class KerasReader {

  private KerasReader() {}

  /** Whether bytes are those of a Keras file, by how they begin. */
  public static boolean isKeras(byte[] content) {
    return KerasFile.isOne(content);
  }

  /**
   * Reads a model.
   *
   * @param name what to call the file in errors, usually its path
   * @param content an HDF5 file or a {@code .keras} zip; borrowed until return
   */
  public static KerasModel read(String name, byte[] content) {
    try (KerasFile file = KerasFile.open(name, content)) {
      return read(file);
    } catch (StackOverflowError e) {
      throw new ModelException(name + " is nested too deeply to be a model", e);
    } catch (ModelException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ModelException(
          name
              + " is damaged, or a Keras model of a kind that is not known here: it cannot be read ("
              + e.getClass().getSimpleName()
              + ": "
              + ModelConfiguration.firstLine(e)
              + ")",
          e);
    }
  }

  private static KerasModel read(KerasFile file) {
    KerasConfig whole = KerasConfig.of(file.name(), file.model());
    KerasTopology topology = KerasTopology.of(file.name(), file.major(), whole);
    KerasNet net = new KerasNet();
    List<KerasTensor> outputs = KerasWalk.outputs(topology, net);
    KerasConfig compiled = compiled(file);
    KerasTraining training =
        KerasTraining.of(compiled, topology.outputs().stream().map(KerasCall.Ref::layer).toList());
    KerasOutputs.attach(topology, outputs, training, net);
    whole.finish();
    compiled.finish();
    compiled.finish();
    List<KerasLayer> leaves = topology.leaves();
    leaves.forEach(layer -> layer.config().finish());
    KerasOptimizer optimizer = training.optimizer();
    net.nodes()
        .forEach(
            (name, node) -> KerasOptimizerFit.check(file.name(), name, node.layer(), optimizer));
    net.notes().addAll(optimizer.notes());
    noteMetrics(file.compiled(), net);
    noteUpdatesMade(file.weights().updatesMade(), net);
    refuseEmbeddings(leaves, optimizer);
    noteRepeatedTokens(file, leaves, optimizer, net);
    List<KerasSlot> slots = leaves.stream().flatMap(layer -> layer.slots().stream()).toList();
    noteFrozenPenalties(slots, net);
    Map<KerasSlot, String> located = file.weights().locate(slots);
    KerasNetwork network =
        KerasNetwork.of(net, outputs, optimizer, leaves, precision(file.name(), leaves));
    network.fill(
        located,
        file.weights(),
        leaves.stream().flatMap(layer -> layer.derived().stream()).toList());
    return new KerasModel(
        ModelConfiguration.parse(file.name(), network.json()),
        network.parameters(),
        optimizer.clipGlobalNorm(),
        optimizer.updaterStart(),
        new ArrayList<>(net.notes()));
  }

  /** Keras counts the penalty of weights that do not change into the loss, DL4J does not. */
  private static void noteFrozenPenalties(List<KerasSlot> slots, KerasNet net) {
    for (KerasSlot slot : slots) {
      if (slot.vertex().isEmpty()) {
        continue; // Held for others, by a layer that has no penalties.
      }
      List<Regularization> penalties =
          net.nodes().get(slot.vertex()).layer().getRegularizationByParam(slot.parameter());
      if (!slot.layer().trainable() && penalties != null && !penalties.isEmpty()) {
        net.notes()
            .add(
                "layer "
                    + slot.layer().name()
                    + " is not trained: its penalty, which never changes, is not in the loss");
      }
    }
  }

  private static void noteMetrics(JsonNode compiled, KerasNet net) {
    for (String key : List.of("metrics", "weighted_metrics")) {
      if (!compiled.path(key).isMissingNode() && compiled.get(key).size() > 0) {
        net.notes()
            .add(
                "the "
                    + key
                    + " that the model was compiled with have no effect on training and are not"
                    + " computed");
      }
    }
  }

  private static void noteUpdatesMade(long updates, KerasNet net) {
    if (updates > 0) {
      net.notes()
          .add(
              "the model has been trained in Keras before ("
                  + updates
                  + " updates): training goes on from its weights, but with a new optimizer, whose"
                  + " momentum, moments and count of updates (for a schedule) begin at the start");
    }
  }

  private static KerasConfig compiled(KerasFile file) {
    if (file.compiled() == null || file.compiled().isEmpty()) {
      throw new ModelException(
          file.name()
              + " has neither a loss nor an optimizer to train with; compile the model in Keras"
              + " before saving it");
    }
    KerasConfig compiled = KerasConfig.of(file.name() + ": compiled with", file.compiled());
    if (!compiled.has("optimizer") && !compiled.has("optimizer_config")) {
      throw new ModelException(
          file.name()
              + " does not say its optimizer, which Keras 3 leaves out of a .keras file if the same"
              + " model was saved as .h5 before; compile it again and save it, or save it as .h5");
    }
    return compiled;
  }

  /** TensorFlow's square of an embedding's gradient is taken before the uses are added up. */
  private static void noteRepeatedTokens(
      KerasFile file, List<KerasLayer> leaves, KerasOptimizer optimizer, KerasNet net) {
    boolean squares =
        !(optimizer.updater() instanceof Sgd || optimizer.updater() instanceof Nesterovs)
            && !(optimizer.updater() instanceof Adam adam && adam.getBeta2() == 1);
    for (KerasLayer layer : leaves) {
      if (file.major() >= 3
          && squares
          && layer.className().equals("Embedding")
          && layer.trainable()) {
        net.notes()
            .add(
                "layer "
                    + layer.name()
                    + ": where a token is in a batch more than once, Keras 3 on TensorFlow squares"
                    + " the gradient of each use, instead of their sum as Keras 2 does; it is trained"
                    + " as Keras 2 does");
      }
    }
  }

  private static void refuseEmbeddings(List<KerasLayer> leaves, KerasOptimizer optimizer) {
    for (KerasLayer layer : leaves) {
      if (layer.className().equals("Embedding") && layer.trainable()) {
        optimizer
            .embeddings()
            .ifPresent(
                reason -> {
                  throw layer.config().refused(reason);
                });
      }
    }
  }

  /** FLOAT or DOUBLE; refuses a model that mixes them. */
  private static DataType precision(String file, List<KerasLayer> layers) {
    List<String> precisions =
        layers.stream()
            .filter(layer -> !layer.className().equals("InputLayer"))
            .map(layer -> KerasInputs.precision(layer.config()))
            .distinct()
            .toList();
    if (precisions.size() > 1) {
      throw new ModelException(
          file
              + " has layers of different precisions "
              + precisions
              + "; one for the whole model is supported");
    }
    return precisions.equals(List.of("float64")) ? DataType.DOUBLE : DataType.FLOAT;
  }
}
