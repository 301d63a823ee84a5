/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import io.cairn.replica.ModelException;
import java.util.List;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;

/**
 * Refuses combinations of optimizer and layer in which Keras and DL4J treat the layer's gradients
 * differently.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link ModelException} naming file, layer and argument.
 */
final class KerasOptimizerFit {

  private KerasOptimizerFit() {}

  /**
   * Refuses a layer that the optimizer would train in another way.
   *
   * @param file how errors begin
   * @param layer with its regularisation; null for a vertex without a layer
   */
  static void check(String file, String name, Layer layer, KerasOptimizer optimizer) {
    if (layer == null) {
      return;
    }
    String where = file + ", layer " + name + ": ";
    if (optimizer.clips()) {
      checkClipping(where, layer, optimizer);
    }
    if (isEmbedding(layer) && optimizer.embeddings().isPresent()) {
      throw new ModelException(
          where + "this optimizer is not supported here: " + optimizer.embeddings().get());
    }
    if (optimizer.weightDecay() != 0
        && layer instanceof BatchNormalization normalization
        && !normalization.isLockGammaBeta()) {
      throw new ModelException(
          where
              + "weight_decay is not supported together with BatchNormalization, whose gamma and"
              + " beta DL4J does not decay; leave it out, or use kernel_regularizer");
    }
  }

  private static boolean isEmbedding(Layer layer) {
    return layer instanceof EmbeddingLayer || layer instanceof EmbeddingSequenceLayer;
  }

  private static void checkClipping(String where, Layer layer, KerasOptimizer optimizer) {
    if (layer.initializer() == null) {
      return;
    }
    for (String parameter : layer.initializer().paramKeys(layer)) {
      List<Regularization> penalties = layer.getRegularizationByParam(parameter);
      if (penalties != null
          && penalties.stream().anyMatch(penalty -> !(penalty instanceof WeightDecay))) {
        throw new ModelException(
            where
                + "clipping (clipnorm, clipvalue, global_clipnorm) is not supported together with"
                + " a regularizer: Keras clips the gradient of both, DL4J that of the loss alone;"
                + " leave out the one or the other");
      }
    }
    if (isEmbedding(layer)) {
      throw new ModelException(
          where
              + "clipping (clipnorm, clipvalue, global_clipnorm) is not supported together with an"
              + " Embedding: Keras clips each use of a token by itself; leave clipping out");
    }
    if (layer instanceof BatchNormalization && optimizer.clipping() != GradientNormalization.None) {
      throw new ModelException(
          where
              + "clipnorm and clipvalue are not supported together with BatchNormalization, whose"
              + " statistics DL4J would clip as well; use global_clipnorm");
    }
  }
}
