/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Activation functions of a user's own that spoil the layer they are in. */
final class WrongActivations {

  private WrongActivations() {}

  /** Its gradient is a tenth too large, in float32 alone. */
  public static final class InFloat32 extends ActivationTanH {
    private static final long serialVersionUID = 1L;

    /** By reflection. */
    public InFloat32() {}

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
      DataType type = in.dataType();
      Pair<INDArray, INDArray> right = super.backprop(in, epsilon);
      return type == DataType.FLOAT
          ? new Pair<>(right.getFirst().muli(1.1), right.getSecond())
          : right;
    }
  }

  /** Computes over all examples of a pass together. */
  public static final class OverTheBatch extends ActivationTanH {
    private static final long serialVersionUID = 1L;

    /** By reflection. */
    public OverTheBatch() {}

    @Override
    public Pair<INDArray, INDArray> backprop(INDArray in, INDArray epsilon) {
      long examples = in.size(0);
      Pair<INDArray, INDArray> right = super.backprop(in, epsilon);
      return new Pair<>(right.getFirst().divi(examples), right.getSecond());
    }
  }

  /** Draws noise that no configuration shows. */
  public static final class Drawing extends ActivationTanH {
    private static final long serialVersionUID = 1L;

    /** By reflection. */
    public Drawing() {}

    @Override
    public INDArray getActivation(INDArray in, boolean training) {
      INDArray out = super.getActivation(in, training);
      return training ? out.addi(Nd4j.randn(out.dataType(), out.shape())) : out;
    }
  }
}
