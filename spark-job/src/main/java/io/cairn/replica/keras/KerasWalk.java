/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows a model from its outputs to its inputs and adds each layer to the network. The layers of
 * a model inside the model are added as if they were its own.
 *
 * <p>Threading: one thread.
 */
final class KerasWalk {

  private final KerasTopology model;
  private final KerasNet net;
  private final KerasCall.Mode mode;
  private final Map<KerasCall.Ref, KerasTensor> done = new HashMap<>();
  private final Map<String, Integer> uses = new HashMap<>();
  private final Set<KerasCall.Ref> open = new HashSet<>();

  private KerasWalk(KerasTopology model, KerasNet net, KerasCall.Mode mode) {
    this.model = model;
    this.net = net;
    this.mode = mode;
  }

  /** Adds the whole model to the network. */
  static List<KerasTensor> outputs(KerasTopology model, KerasNet net) {
    KerasWalk walk = new KerasWalk(model, net, KerasCall.Mode.AS_THE_MODEL);
    for (String input : model.inputs()) {
      KerasCall.Ref ref = new KerasCall.Ref(input, 0, 0);
      KerasLayer layer = walk.layer(ref);
      walk.done.put(ref, KerasLayers.read(layer, List.of(), net, walk.mode));
    }
    return walk.outputs();
  }

  /** Adds a model that is a layer of another one. */
  private static List<KerasTensor> outputs(
      KerasLayer layer,
      KerasTopology model,
      List<KerasTensor> given,
      KerasNet net,
      KerasCall.Mode mode) {
    KerasWalk walk = new KerasWalk(model, net, mode);
    if (given.size() != model.inputs().size()) {
      throw layer
          .config()
          .refused(given.size() + " inputs for a model of " + model.inputs().size());
    }
    for (int i = 0; i < given.size(); i++) {
      KerasCall.Ref ref = new KerasCall.Ref(model.inputs().get(i), 0, 0);
      KerasLayer input = walk.layer(ref);
      // Its shape is that of what it is given.
      KerasInputs.shape(input.config());
      KerasInputs.checkPrecision(input);
      input.config().ignore("sparse", "ragged", "optional");
      walk.done.put(ref, given.get(i));
    }
    return walk.outputs();
  }

  private List<KerasTensor> outputs() {
    List<KerasTensor> outputs = new ArrayList<>();
    model.outputs().forEach(ref -> outputs.add(tensor(ref)));
    for (KerasLayer layer : model.layers().values()) {
      if (!uses.containsKey(layer.name()) && !model.inputs().contains(layer.name())) {
        throw layer.config().refused("no output of the model depends on it");
      }
    }
    return outputs;
  }

  private KerasLayer layer(KerasCall.Ref ref) {
    KerasLayer layer = model.layers().get(ref.layer());
    if (layer == null) {
      throw new io.cairn.replica.ModelException(
          "model " + model.name() + " refers to a layer " + ref.layer() + " that it has not");
    }
    return layer;
  }

  private KerasTensor tensor(KerasCall.Ref ref) {
    KerasTensor known = done.get(ref);
    if (known != null) {
      return known;
    }
    KerasLayer layer = layer(ref);
    if (!open.add(ref)) {
      throw layer.config().refused("it depends on its own output");
    }
    List<KerasTensor> inputs = new ArrayList<>();
    KerasCall call = call(layer, ref);
    KerasCall.Mode mode = this.mode == KerasCall.Mode.INFERENCE ? this.mode : call.mode();
    call.inputs().forEach(input -> inputs.add(tensor(input)));
    if (layer.nested().isPresent()) {
      countUse(layer);
      List<KerasTensor> outputs = outputs(layer, layer.nested().get(), inputs, net, mode);
      for (int i = 0; i < outputs.size(); i++) {
        done.put(new KerasCall.Ref(ref.layer(), ref.node(), i), outputs.get(i));
      }
    } else {
      int weights = layer.slots().size();
      KerasTensor output = KerasLayers.read(layer, inputs, net, mode);
      if (layer.slots().size() > weights || weights > 0) {
        countUse(layer);
      } else {
        uses.put(layer.name(), 1);
      }
      done.put(new KerasCall.Ref(ref.layer(), ref.node(), 0), output);
    }
    open.remove(ref);
    KerasTensor made = done.get(ref);
    if (made == null) {
      throw layer.config().refused("it gives no tensor " + ref.tensor());
    }
    return made;
  }

  /** DL4J has no weights that two layers share. */
  private void countUse(KerasLayer layer) {
    if (uses.merge(layer.name(), 1, Integer::sum) > 1) {
      throw layer
          .config()
          .refused(
              "it is used more than once; weights that are shared between places are not"
                  + " supported, only one layer for each place");
    }
  }

  private KerasCall call(KerasLayer layer, KerasCall.Ref ref) {
    List<KerasCall> calls = model.calls().get(layer.name());
    // A model's own first call, when it was built, is counted but not stored.
    int node = calls.size() == 1 ? 0 : ref.node();
    if (node < 0 || node >= calls.size()) {
      throw layer.config().refused("it has no call " + ref.node());
    }
    return calls.get(node);
  }
}
