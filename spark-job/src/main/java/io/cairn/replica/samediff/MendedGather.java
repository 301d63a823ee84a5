/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.shape.Gather;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ND4J's {@code gather} with a derivative. That of ND4J 1.0.0-M2.1 is a loop in the graph which
 * fails where there is one gather, and cannot be built where there are two: no embedding trains.
 * Here it is a scatter-add: the gradients of equal indices are added.
 *
 * <p>It takes the place of ND4J's class in its registry ({@link Mends}), is saved under the same
 * name, and a file with it is read by plain SameDiff.
 *
 * <p>Threading: as any operator: made and differentiated by one thread.
 */
public final class MendedGather extends Gather {

  /** Made by ND4J, by reflection. */
  public MendedGather() {}

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    if (!iArguments.isEmpty()) {
      jaxis = iArguments.get(0).intValue();
    }
    if (jaxis < 0) {
      throw new RefusedGraphException(
          "operator %s (gather) counts its axis from behind (%d), which cannot be differentiated here; count it from the front"
              .formatted(getOwnName(), jaxis));
    }
    SDVariable from = arg(0);
    SDVariable indices = sameDiff.castTo(sameDiff.reshape(arg(1), -1), DataType.INT32);
    SDVariable gradient = gradients.get(0);
    SDVariable shape = from.shape();
    SDVariable sum = jaxis == 0 ? rows(gradient, indices) : inner(gradient, indices, shape);
    return List.of(sameDiff.reshape(sum, shape), sameDiff.zerosLike(arg(1)));
  }

  /** Along the first axis: {@code [indices, rest]} is added to {@code [rows, rest]}. */
  private SDVariable rows(SDVariable gradient, SDVariable indices) {
    SDVariable flat = sameDiff.reshape(gradient, sameDiff.concat(0, indices.shape(), rest()));
    return summed(flat, indices);
  }

  /** Along another axis: {@code [outer, indices, inner]}, with the axis brought to the front. */
  private SDVariable inner(SDVariable gradient, SDVariable indices, SDVariable shape) {
    SDVariable outer =
        sameDiff.reshape(sameDiff.prod(sameDiff.slice(shape, new int[] {0}, new int[] {jaxis})), 1);
    SDVariable cut = sameDiff.reshape(gradient, sameDiff.concat(0, outer, indices.shape(), rest()));
    SDVariable sum = summed(sameDiff.permute(cut, 1, 0, 2), indices);
    return sameDiff.permute(sum, 1, 0, 2);
  }

  /**
   * Rows of zeros are added to row 0, too: of a single row, such as that of one example of one
   * token, ND4J adds the first value alone.
   */
  private SDVariable summed(SDVariable rows, SDVariable indices) {
    SDVariable along = sameDiff.slice(arg(0).shape(), new int[] {jaxis}, new int[] {1});
    return sameDiff.unsortedSegmentSum(
        sameDiff.concat(0, rows, sameDiff.zerosLike(rows)),
        sameDiff.concat(0, indices, sameDiff.zerosLike(indices)),
        sameDiff.castTo(along, DataType.INT32));
  }

  private SDVariable rest() {
    return sameDiff.constant(Nd4j.createFromArray(new long[] {-1}));
  }
}
