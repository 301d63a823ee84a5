/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * How large a model Deeplearning4j's updaters can count: they have positions in parameters and in
 * state in 32 bits. Beyond that they fail in the middle of their construction, or, where only the
 * state is too long, go on without any.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: {@link ModelException} before anything is allocated.
 */
final class ModelLimits {

  static final long MOST_PARAMETERS = Integer.MAX_VALUE;

  private ModelLimits() {}

  static void require(ModelConfiguration configuration) {
    long parameters = configuration.parameterCount();
    if (parameters > MOST_PARAMETERS) {
      throw new ModelException(
          "the model has %,d parameters; Deeplearning4j trains at most %,d"
              .formatted(parameters, MOST_PARAMETERS));
    }
    long state = configuration.layers().stream().mapToLong(ModelLimits::updaterValues).sum();
    if (state > MOST_PARAMETERS) {
      throw new ModelException(
          ("the model's updater keeps %,d values for %,d parameters; Deeplearning4j's have at most"
                  + " %,d; an updater with less state, such as Nesterovs or Sgd, or a smaller model"
                  + " fits")
              .formatted(state, parameters, MOST_PARAMETERS));
    }
  }

  /** At most: as if all parameters of a layer had the updater with the most state. */
  private static long updaterValues(NeuralNetConfiguration layer) {
    Layer conf = layer.getLayer();
    long parameters = conf.initializer().numParams(layer);
    while (conf instanceof BaseWrapperLayer wrapper && !(conf instanceof FrozenLayerWithBackprop)) {
      conf = wrapper.getUnderlying();
    }
    long perParameter = 0;
    for (String parameter : conf.initializer().paramKeys(conf)) {
      IUpdater updater = conf.getUpdaterByParam(parameter);
      perParameter = Math.max(perParameter, updater == null ? 0 : updater.stateSize(1));
    }
    return perParameter * parameters;
  }
}
