/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import java.util.Arrays;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.recurrent.BidirectionalLayer;
import org.deeplearning4j.nn.layers.recurrent.LSTM;
import org.deeplearning4j.nn.layers.recurrent.LastTimeStepLayer;
import org.deeplearning4j.nn.layers.recurrent.MaskZeroLayer;
import org.deeplearning4j.nn.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.util.TimeSeriesUtils;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Deeplearning4j's wrapper for recurrent layers that masks the steps at which all features have one
 * value, corrected so that a masked step has no effect at all.
 *
 * <p>In Deeplearning4j 1.0.0-M2.1 a masked step resets the state, but the gradient ignores this:
 * the error of a cell's state passes through the masked step. Masked steps at either end of a
 * sequence do not change the values. So the steps that count are moved to the end of the sequence
 * and moved back afterwards. The inner layer sees masked steps only before the first step that
 * counts. Outputs and gradients are those of Keras, except that Keras repeats the last output at a
 * masked step, and this layer gives 0.
 *
 * <p>Replaces the layer that it was made from.
 *
 * <p>Threading: the network's thread.
 */
final class MendedMaskZeroLayer extends MaskZeroLayer {

  private static final long serialVersionUID = 1L;

  /** What the layer gives. */
  private enum Gives {
    EVERY_STEP,
    LAST_STEP
  }

  private final transient Layer recurrent;
  private final transient Gives gives;
  private final transient RNNFormat format;
  private final double maskingValue;
  private transient INDArray given;
  private transient INDArray givenMask;
  private transient CountedTimeSteps steps;
  private transient long[] innerShape;

  private MendedMaskZeroLayer(MaskZeroLayer layer, Layer recurrent, RNNFormat format) {
    super(layer.getUnderlying(), maskingValue(layer));
    this.recurrent = recurrent;
    this.gives = recurrent == layer.getUnderlying() ? Gives.EVERY_STEP : Gives.LAST_STEP;
    this.format = format;
    this.maskingValue = maskingValue(layer);
  }

  /** The layer itself, or one with its parameters that goes right; also within wrappers. */
  static Layer insteadOf(Layer layer) {
    if (layer.getClass() == MaskZeroLayer.class) {
      MaskZeroLayer masking = (MaskZeroLayer) layer;
      Layer recurrent = masking.getUnderlying();
      if (recurrent instanceof LastTimeStepLayer last) {
        recurrent = last.getUnderlying();
      }
      boolean known =
          recurrent instanceof LSTM
              || recurrent instanceof SimpleRnn
              || recurrent instanceof BidirectionalLayer;
      return known
          ? new MendedMaskZeroLayer(
              masking,
              recurrent,
              TimeSeriesUtils.getFormatFromRnnLayer(recurrent.conf().getLayer()))
          : layer;
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      wrapper.setUnderlying(insteadOf(wrapper.getUnderlying()));
    }
    return layer;
  }

  private static double maskingValue(MaskZeroLayer layer) {
    try {
      Field field = MaskZeroLayer.class.getDeclaredField("maskingValue");
      field.setAccessible(true);
      return field.getDouble(layer);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the value that a layer masks is out of reach", e);
    }
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaceMgr) {
    given = input;
    super.setInput(input, workspaceMgr);
  }

  @Override
  public INDArray activate(INDArray input, boolean training, LayerWorkspaceMgr workspaceMgr) {
    setInput(input, workspaceMgr);
    return activate(training, workspaceMgr);
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaceMgr) {
    if (given.rank() != 3) {
      throw new IllegalArgumentException(
          "a layer that masks takes sequences, not " + Arrays.toString(given.shape()));
    }
    steps = CountedTimeSteps.of(counted());
    INDArray arranged = moved(given, steps.toEnd(), ArrayType.ACTIVATIONS, workspaceMgr);
    recurrent.setMaskArray(steps.allCount() ? null : mask(steps.atEnd(), given.dataType()));
    recurrent.setInput(arranged, workspaceMgr);
    INDArray out = recurrent.activate(training, workspaceMgr);
    innerShape = out.shape();
    return switch (gives) {
      case EVERY_STEP -> moved(out, steps.back(), ArrayType.ACTIVATIONS, workspaceMgr);
      case LAST_STEP -> {
        INDArray last = out.get(lastStep(out));
        yield workspaceMgr
            .create(ArrayType.ACTIVATIONS, out.dataType(), last.shape(), 'c')
            .assign(last);
      }
    };
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(
      INDArray epsilon, LayerWorkspaceMgr workspaceMgr) {
    INDArray inner;
    if (gives == Gives.LAST_STEP) {
      inner = Nd4j.zeros(epsilon.dataType(), innerShape);
      inner.put(lastStep(inner), epsilon);
    } else {
      inner = moved(epsilon, steps.toEnd(), ArrayType.BP_WORKING_MEM, workspaceMgr);
      inner = inner == epsilon ? epsilon.dup() : inner;
    }
    if (!steps.allCount()) {
      // What comes to a masked step is not to reach those before it.
      INDArray mask = mask(steps.atEnd(), inner.dataType());
      Nd4j.getExecutioner().exec(new BroadcastMulOp(inner, mask, inner, 0, stepAxis()));
    }
    Pair<Gradient, INDArray> result = recurrent.backpropGradient(inner, workspaceMgr);
    INDArray before =
        moved(result.getSecond(), steps.back(), ArrayType.ACTIVATION_GRAD, workspaceMgr);
    return new Pair<>(result.getFirst(), before);
  }

  /**
   * Whether each step of each example counts, by the values and by the mask that came with them.
   */
  private boolean[][] counted() {
    int features = 3 - stepAxis();
    INDArray equal = given.eq(maskingValue).castTo(DataType.INT32).sum(features);
    int[] equals = equal.dup('c').data().asInt();
    double[] came =
        givenMask == null ? null : givenMask.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    int length = (int) given.size(stepAxis());
    boolean[][] counted = new boolean[(int) given.size(0)][length];
    for (int i = 0; i < equals.length; i++) {
      counted[i / length][i % length] =
          equals[i] != given.size(features) && (came == null || came[i] != 0);
    }
    return counted;
  }

  private int stepAxis() {
    return format == RNNFormat.NWC ? 1 : 2;
  }

  private INDArrayIndex[] lastStep(INDArray array) {
    INDArrayIndex[] at = {NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.all()};
    at[stepAxis()] = NDArrayIndex.point(array.size(stepAxis()) - 1);
    return at;
  }

  /**
   * The array with its steps in another order; the array itself if the order is the same.
   *
   * @param from which step of all examples' stands at each place
   */
  private INDArray moved(INDArray array, int[] from, ArrayType type, LayerWorkspaceMgr workspaces) {
    if (steps.inPlace()) {
      return array;
    }
    INDArray stepsFirst = format == RNNFormat.NWC ? array : array.permute(0, 2, 1);
    long[] shape = stepsFirst.shape();
    INDArray rows = stepsFirst.dup('c').reshape('c', shape[0] * shape[1], shape[2]);
    INDArray pulled = Nd4j.pullRows(rows, 1, from, 'c').reshape('c', shape);
    return workspaces
        .create(type, array.dataType(), array.shape(), 'f')
        .assign(format == RNNFormat.NWC ? pulled : pulled.permute(0, 2, 1));
  }

  private static INDArray mask(boolean[][] counted, DataType type) {
    double[][] values = new double[counted.length][counted[0].length];
    for (int i = 0; i < counted.length; i++) {
      for (int step = 0; step < counted[i].length; step++) {
        values[i][step] = counted[i][step] ? 1 : 0;
      }
    }
    // It is needed again on the way back.
    try (MemoryWorkspace none = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return Nd4j.create(values).castTo(type);
    }
  }

  @Override
  public void setMaskArray(INDArray maskArray) {
    givenMask = maskArray;
  }

  /** The mask of the last pass, each step in its place. */
  @Override
  public INDArray getMaskArray() {
    return steps == null ? givenMask : mask(steps.inOrder(), recurrent.params().dataType());
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArray(
      INDArray maskArray, MaskState currentMaskState, int minibatchSize) {
    givenMask = maskArray;
    return new Pair<>(null, currentMaskState);
  }

  @Override
  public void clear() {
    super.clear();
    given = null;
    steps = null;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
