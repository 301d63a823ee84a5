/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNBatchNormHelper;
import org.deeplearning4j.nn.layers.normalization.BatchNormalizationHelper;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Deeplearning4j's fast batch normalization with two mistakes less, and the gradient of sequences,
 * which Deeplearning4j's own code does not have.
 *
 * <ul>
 *   <li>Behind a dense layer the layer hands over [examples, channels, 1, 1], also where its data
 *       format is channels last. DL4J's helper looks for the channels at the end, ND4J prints that
 *       the shapes are wrong, and the layer's own code takes over.
 *   <li>Sequences are handed over with four dimensions on the way there and with three on the way
 *       back, where DL4J's helper takes the steps for the channels. The layer's own code refuses
 *       three dimensions.
 * </ul>
 *
 * <p>Owned by its layer.
 *
 * <p>Threading: the layer's thread.
 *
 * <p>Failure: {@link IllegalStateException} for sequences with channels first, of which
 * Deeplearning4j would take the examples for channels.
 */
final class MendedBatchNormalization implements BatchNormalizationHelper {

  /** Null to leave everything but the gradient of sequences to the layer's own code. */
  private final MKLDNNBatchNormHelper fast;

  /** Whether the last examples came from a dense layer, as [examples, channels, 1, 1]. */
  private boolean dense;

  private INDArray sequenceMean;
  private INDArray sequenceVariance;

  private MendedBatchNormalization(MKLDNNBatchNormHelper fast) {
    this.fast = fast;
  }

  /** All by oneDNN that it can do: float32. */
  static MendedBatchNormalization fast() {
    return new MendedBatchNormalization(new MKLDNNBatchNormHelper(DataType.FLOAT));
  }

  /** The layer's own code, and the gradient of sequences from the formula. */
  static MendedBatchNormalization plain() {
    return new MendedBatchNormalization(null);
  }

  @Override
  public INDArray preOutput(
      INDArray x,
      boolean training,
      long[] shape,
      INDArray gamma,
      INDArray beta,
      INDArray mean,
      INDArray variance,
      double decay,
      double eps,
      CNN2DFormat format,
      LayerWorkspaceMgr workspaceMgr) {
    sequenceMean = null;
    sequenceVariance = null;
    if (fast == null) {
      return null;
    }
    dense = x.size(1) == mean.length() && x.size(2) == 1 && x.size(3) == 1;
    return fast.preOutput(
        x,
        training,
        shape,
        gamma,
        beta,
        mean,
        variance,
        decay,
        eps,
        dense ? CNN2DFormat.NCHW : format,
        workspaceMgr);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray input,
      INDArray epsilon,
      long[] shape,
      INDArray gamma,
      INDArray beta,
      INDArray gammaGradient,
      INDArray betaGradient,
      double eps,
      CNN2DFormat format,
      LayerWorkspaceMgr workspaceMgr) {
    if (input.rank() != 3) {
      Pair<Gradient, INDArray> result =
          fast == null
              ? null
              : fast.backpropGradient(
                  input,
                  epsilon,
                  shape,
                  gamma,
                  beta,
                  gammaGradient,
                  betaGradient,
                  eps,
                  format,
                  workspaceMgr);
      if (result != null && dense) {
        // The layer looks for the channels in the second place, whatever the format.
        INDArray atInput = result.getSecond();
        result.setSecond(atInput.reshape('c', input.size(0), input.length() / input.size(0), 1, 1));
      }
      return result;
    }
    if (format != CNN2DFormat.NHWC) {
      throw new IllegalStateException(
          "batch normalization of sequences needs channels last (NWC, \"cnn2DFormat\": \"NHWC\");"
              + " with channels first Deeplearning4j takes examples for channels");
    }
    if (fast != null && input.dataType() == DataType.FLOAT) {
      Pair<Gradient, INDArray> result =
          fast.backpropGradient(
              asImage(input),
              asImage(epsilon),
              shape,
              gamma,
              beta,
              gammaGradient,
              betaGradient,
              eps,
              format,
              workspaceMgr);
      result.setSecond(result.getSecond().reshape('c', input.shape()));
      return result;
    }
    return byFormula(input, epsilon, gamma, gammaGradient, betaGradient, eps, workspaceMgr);
  }

  /** [examples, steps, channels] as [1, examples, steps, channels]. */
  private static INDArray asImage(INDArray sequences) {
    return sequences.reshape('c', 1, sequences.size(0), sequences.size(1), sequences.size(2));
  }

  /**
   * The gradient from the definition: Ioffe and Szegedy, "Batch Normalization" (2015), section 3,
   * with examples and steps as the batch.
   */
  private Pair<Gradient, INDArray> byFormula(
      INDArray input,
      INDArray epsilon,
      INDArray gamma,
      INDArray gammaGradient,
      INDArray betaGradient,
      double eps,
      LayerWorkspaceMgr workspaceMgr) {
    long rows = input.size(0) * input.size(1);
    long channels = input.size(2);
    INDArray x = input.reshape('c', rows, channels);
    INDArray e = epsilon.reshape('c', rows, channels);
    INDArray mean = x.mean(0);
    INDArray variance = x.var(false, 0);
    try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      sequenceMean = mean.dup();
      sequenceVariance = variance.dup();
    }
    INDArray deviation = Transforms.sqrt(variance.add(eps), true);
    INDArray normalized = x.subRowVector(mean).diviRowVector(deviation);
    INDArray betaSum = e.sum(0);
    INDArray gammaSum = e.mul(normalized).sum(0);
    betaGradient.assign(betaSum.reshape(betaGradient.shape()));
    gammaGradient.assign(gammaSum.reshape(gammaGradient.shape()));
    INDArray scale = gamma.reshape(channels).div(deviation);
    INDArray gradient =
        e.sub(normalized.muliRowVector(gammaSum.div(rows)))
            .subiRowVector(betaSum.div(rows))
            .muliRowVector(scale);
    INDArray atInput =
        workspaceMgr.createUninitialized(
            ArrayType.ACTIVATION_GRAD, input.dataType(), input.shape(), 'c');
    atInput.assign(gradient.reshape('c', input.shape()));
    Gradient result = new DefaultGradient();
    result.setGradientFor(BatchNormalizationParamInitializer.GAMMA, gammaGradient);
    result.setGradientFor(BatchNormalizationParamInitializer.BETA, betaGradient);
    return new Pair<>(result, atInput);
  }

  @Override
  public INDArray getMeanCache(DataType dataType) {
    return sequenceMean != null ? sequenceMean : fast.getMeanCache(dataType);
  }

  @Override
  public INDArray getVarCache(DataType dataType) {
    return sequenceVariance != null ? sequenceVariance : fast.getVarCache(dataType);
  }

  @Override
  public Map<String, Long> helperMemoryUse() {
    return Map.of();
  }

  @Override
  public boolean checkSupported() {
    return true;
  }

  @Override
  public boolean checkSupported(double eps, boolean fixedGammaBeta) {
    return !fixedGammaBeta;
  }
}
