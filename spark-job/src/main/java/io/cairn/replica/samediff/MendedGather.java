/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.scatter.ScatterAdd;
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
    SDVariable sum = jaxis == 0 ? rows(gradient, indices) : inner(gradient, indices);
    boolean whole = jaxis == 0 && isTable();
    return List.of(whole ? sum : sameDiff.reshape(sum, from.shape()), sameDiff.zerosLike(arg(1)));
  }

  /** Along the first axis: {@code [indices, rest]} is added to {@code [rows, rest]}. */
  private SDVariable rows(SDVariable gradient, SDVariable indices) {
    SDVariable shape = arg(0).shape();
    SDVariable zeros = sameDiff.zerosLike(arg(0));
    SDVariable rest;
    if (isTable()) {
      rest = sameDiff.slice(shape, new int[] {1}, new int[] {-1});
    } else {
      // Of one dimension there is no rest.
      rest = rest();
      SDVariable length = sameDiff.slice(shape, new int[] {0}, new int[] {1});
      zeros = sameDiff.reshape(zeros, sameDiff.concat(0, length, rest));
    }
    SDVariable cut = sameDiff.concat(0, indices.shape(), rest);
    return summed(zeros, indices, sameDiff.reshape(gradient, cut));
  }

  /** Whether it is known to have two dimensions or more; to reshape a large one takes a copy. */
  private boolean isTable() {
    SDVariable from = arg(0);
    return GraphWalk.held(from) && from.getArr() != null && from.getArr().rank() > 1;
  }

  /** Along another axis: {@code [outer, indices, inner]}, with the axis brought to the front. */
  private SDVariable inner(SDVariable gradient, SDVariable indices) {
    SDVariable shape = arg(0).shape();
    SDVariable outer =
        sameDiff.reshape(sameDiff.prod(sameDiff.slice(shape, new int[] {0}, new int[] {jaxis})), 1);
    SDVariable along = sameDiff.slice(shape, new int[] {jaxis}, new int[] {1});
    SDVariable zeros = sameDiff.zerosLike(turned(arg(0), outer, along));
    SDVariable sum = summed(zeros, indices, turned(gradient, outer, indices.shape()));
    return sameDiff.permute(sum, 1, 0, 2);
  }

  private SDVariable turned(SDVariable values, SDVariable outer, SDVariable along) {
    SDVariable cut = sameDiff.reshape(values, sameDiff.concat(0, outer, along, rest()));
    return sameDiff.permute(cut, 1, 0, 2);
  }

  private SDVariable rest() {
    return sameDiff.constant(Nd4j.createFromArray(new long[] {-1}));
  }

  /**
   * Not by ND4J's sum over segments, which loses memory of the table's size in each pass, and adds
   * the first value alone of a single row.
   */
  private SDVariable summed(SDVariable zeros, SDVariable indices, SDVariable rows) {
    ScatterAdd sum = new ScatterAdd(sameDiff, zeros, indices, rows);
    // One row after the other: ND4J's threads would add to the same one at once.
    sum.addBArgument(true);
    return sum.outputVariable();
  }
}
