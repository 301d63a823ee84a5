/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.nn.conf.dropout.AlphaDropout;
import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.GaussianDropout;
import org.deeplearning4j.nn.conf.dropout.GaussianNoise;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.dropout.SpatialDropout;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;

/**
 * Layers that add noise to their input in training. Keras gives the share that is dropped, DL4J the
 * share that is kept. The random numbers come from the run's seed.
 */
final class KerasNoise {

  private KerasNoise() {}

  /** Makes the noise of the share that is dropped. */
  @FunctionalInterface
  private interface Noise {
    IDropout of(double rate);
  }

  private static final Set<String> CLASSES =
      Set.of("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D");

  /** Whether a class is that of such a layer. */
  static boolean isOne(String className) {
    return CLASSES.contains(className);
  }

  /** A layer that disturbs nothing, since it is called with {@code training=False}. */
  static KerasTensor silent(KerasLayer layer, List<KerasTensor> inputs) {
    layer.config().ignore("rate", "stddev", "seed", "noise_shape");
    if (inputs.size() != 1) {
      throw layer.config().refused(inputs.size() + " inputs; it has one");
    }
    return inputs.get(0);
  }

  static void addTo(Map<String, KerasLayers.OneInput> readers) {
    readers.put("Dropout", noise("rate", rate -> new Dropout(1 - rate)));
    readers.put("AlphaDropout", noise("rate", rate -> new AlphaDropout(1 - rate)));
    readers.put("GaussianDropout", noise("rate", GaussianDropout::new));
    readers.put("GaussianNoise", noise("stddev", GaussianNoise::new));
    readers.put("SpatialDropout1D", KerasNoise::spatial);
  }

  private static KerasLayers.OneInput noise(String key, Noise noise) {
    return (layer, input, net) -> {
      KerasConfig config = layer.config();
      config.ignore("seed");
      config.expect("noise_shape");
      return noise(layer, input, net, key, noise, input.form());
    };
  }

  private static KerasTensor spatial(KerasLayer layer, KerasTensor input, KerasNet net) {
    KerasConfig config = layer.config();
    config.ignore("seed");
    config.expect("noise_shape");
    if (input.rank() != 2) {
      throw config.refused("an input of shape " + input + ", which is not a sequence");
    }
    // DL4J drops along the second axis.
    return noise(
        layer,
        input,
        net,
        "rate",
        rate -> new SpatialDropout(1 - rate),
        KerasTensor.Form.STEPS_LAST);
  }

  private static KerasTensor noise(
      KerasLayer layer,
      KerasTensor input,
      KerasNet net,
      String key,
      Noise noise,
      KerasTensor.Form form) {
    double amount = layer.config().number(key);
    if (amount < 0 || (key.equals("rate") && amount >= 1)) {
      throw layer.config().refused(key, "0 or more, and a rate below 1");
    }
    if (amount == 0) {
      return input;
    }
    return net.layer(net.freeName(layer.name()), new DropoutLayer(noise.of(amount)), input, form);
  }
}
