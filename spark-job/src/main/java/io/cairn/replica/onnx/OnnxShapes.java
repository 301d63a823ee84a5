/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.onnx;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * ONNX operators that lay values out anew: shapes, slices, joins.
 *
 * <p>Threading: one thread.
 */
final class OnnxShapes {

  /** From here on, an end of a slice means the end of the dimension. */
  private static final long FAR = 1_000_000_000;

  private final OnnxGraph to;
  private final SameDiff graph;

  OnnxShapes(OnnxGraph to) {
    this.to = to;
    this.graph = to.graph();
  }

  /** Translates a node, if it is one of these. */
  boolean translate(OnnxNode node) {
    switch (node.op()) {
      case "Shape" -> {
        to.out(node, graph.shape(to.in(node, 0)), 1);
        to.length(node.output(), to.rank(node, 0));
      }
      case "Gather" -> gather(node);
      case "Unsqueeze" -> unsqueeze(node);
      case "Squeeze" -> squeeze(node);
      case "Concat" -> concat(node);
      case "Slice" -> slice(node);
      case "Split" -> split(node);
      case "Transpose" -> transpose(node);
      case "Reshape" -> reshape(node);
      case "Flatten" -> flatten(node);
      case "Expand" -> expand(node);
      case "ConstantOfShape" -> constantOfShape(node);
      case "Range" -> range(node);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void gather(OnnxNode node) {
    int rank = to.rank(node, 0);
    int axis = to.axis(node, node.number("axis", 0), rank);
    int result = rank - 1 + to.rank(node, 1);
    Optional<INDArray> index = to.constant(node.input(1));
    if (index.isPresent() && index.get().rank() == 0) {
      long at = index.get().getLong(0);
      to.out(node, cut(to.in(node, 0), rank, axis, at, at == -1 ? FAR : at + 1, true), result);
    } else {
      to.out(node, graph.gather(to.in(node, 0), to.in(node, 1), axis), result);
      if (result == 1) {
        to.length(node.input(1)).ifPresent(length -> to.length(node.output(), length));
      }
    }
  }

  /** Part of one axis; with {@code only}, of a single place, and without the axis. */
  private SDVariable cut(SDVariable x, int rank, int axis, long begin, long end, boolean only) {
    long[] begins = new long[rank];
    long[] ends = new long[rank];
    long[] steps = new long[rank];
    Arrays.fill(steps, 1);
    Arrays.fill(ends, 1);
    int all = 0;
    for (int i = 0; i < rank; i++) {
      if (i != axis) {
        all |= (1 << i);
      }
    }
    begins[axis] = begin;
    ends[axis] = end >= FAR ? 1 : end;
    int beginMask = all;
    int endMask = end >= FAR ? (all | (1 << axis)) : all;
    return graph.stridedSlice(
        x, begins, ends, steps, beginMask, endMask, 0, 0, only ? (1 << axis) : 0);
  }

  private void unsqueeze(OnnxNode node) {
    long[] axes = node.inputs() > 1 ? to.numbers(node, 1, "axes") : node.numbers("axes");
    if (axes == null) {
      throw node.refused("it has no axes");
    }
    int rank = to.rank(node, 0) + axes.length;
    int[] at = Arrays.stream(axes).mapToInt(axis -> to.axis(node, axis, rank)).sorted().toArray();
    Optional<INDArray> constant = to.constant(node.input(0));
    if (constant.isPresent() && !constant.get().isEmpty()) {
      INDArray values = constant.get();
      for (int axis : at) {
        values = Nd4j.expandDims(values, axis);
      }
      to.constant(node.output(), values);
      return;
    }
    SDVariable x = to.in(node, 0);
    int dimensions = to.rank(node, 0);
    for (int axis : at) {
      x = dimensions == 2 ? withDimension(x, axis) : graph.expandDims(x, axis);
      dimensions++;
    }
    to.out(node, x, rank);
    if (rank == 1) {
      to.length(node.output(), 1);
    }
  }

  /**
   * Of two, a third. SameDiff's operator leaves {@code [1, 1]} as it is: one example's one step.
   */
  private SDVariable withDimension(SDVariable matrix, int axis) {
    SDVariable[] lengths = new SDVariable[3];
    int from = 0;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = i == axis ? to.list(1) : to.dimension(matrix, from++);
    }
    return graph.reshape(matrix, graph.concat(0, lengths));
  }

  private void squeeze(OnnxNode node) {
    long[] axes = node.inputs() > 1 ? to.numbers(node, 1, "axes") : node.numbers("axes");
    if (axes == null) {
      throw node.refused("without axes, its rank depends on the data");
    }
    int rank = to.rank(node, 0);
    int[] at = Arrays.stream(axes).mapToInt(axis -> to.axis(node, axis, rank)).sorted().toArray();
    SDVariable x = to.in(node, 0);
    for (int i = at.length - 1; i >= 0; i--) {
      x = graph.squeeze(x, at[i]);
    }
    to.out(node, x, rank - at.length);
  }

  private void concat(OnnxNode node) {
    int rank = to.rank(node, 0);
    int axis = to.axis(node, node.number("axis", 0), rank);
    SDVariable[] parts =
        IntStream.range(0, node.inputs())
            .mapToObj(input -> to.in(node, input))
            .toArray(SDVariable[]::new);
    to.out(node, parts.length == 1 ? graph.identity(parts[0]) : graph.concat(axis, parts), rank);
    if (rank == 1) {
      int length = 0;
      for (int input = 0; input < node.inputs(); input++) {
        length +=
            to.length(node.input(input))
                .orElseThrow(() -> node.refused("the length of a list is not known"));
      }
      to.length(node.output(), length);
    }
  }

  private void slice(OnnxNode node) {
    int rank = to.rank(node, 0);
    if (node.inputs() < 3) {
      throw node.refused("it has no inputs for its begin and its end");
    }
    int count = to.length(node.input(1)).orElseThrow(() -> node.refused("how many axes?"));
    long[] axes =
        node.has(3)
            ? to.numbers(node, 3, "axes")
            : IntStream.range(0, count).asLongStream().toArray();
    if (node.has(4) && Arrays.stream(to.numbers(node, 4, "steps")).anyMatch(it -> it != 1)) {
      throw node.refused("only steps of 1 are supported");
    }
    Optional<INDArray> begins = to.constant(node.input(1));
    Optional<INDArray> ends = to.constant(node.input(2));
    SDVariable result = to.in(node, 0);
    boolean uncut = true;
    for (int i = 0; i < axes.length; i++) {
      int axis = to.axis(node, axes[i], rank);
      if (begins.isPresent() && ends.isPresent()) {
        long begin = begins.get().ravel().getLong(i);
        long end = ends.get().ravel().getLong(i);
        if (begin != 0 || end < FAR) {
          result = cut(result, rank, axis, begin, end, false);
          uncut = false;
        }
      } else {
        // ONNX ends where the values do; ND4J would read what lies behind them.
        SDVariable length = graph.squeeze(to.dimension(result, axis), 0);
        SDVariable begin = graph.min(bound(node, 1, begins, i), length);
        SDVariable end = graph.min(bound(node, 2, ends, i), length);
        SDVariable index = graph.range(begin, end, to.scalar(1), DataType.INT64);
        result = graph.gather(result, index, axis);
        uncut = false;
      }
    }
    to.out(node, uncut ? graph.identity(result) : result, rank);
    if (rank == 1 && begins.isPresent() && ends.isPresent()) {
      int whole = to.length(node.input(0)).orElseThrow(() -> node.refused("how long is its list?"));
      to.length(
          node.output(),
          Math.max(0, place(ends.get().getLong(0), whole) - place(begins.get().getLong(0), whole)));
    }
  }

  private static int place(long at, int length) {
    return (int) Math.max(0, Math.min(length, at < 0 ? at + length : at));
  }

  private SDVariable bound(OnnxNode node, int input, Optional<INDArray> constant, int number) {
    if (constant.isPresent()) {
      long at = constant.get().ravel().getLong(number);
      if (at < 0 || at >= FAR) {
        throw node.refused("a bound that counts from behind, beside one that is computed");
      }
      return to.scalar(at);
    }
    SDVariable all = to.in(node, input);
    return graph.squeeze(graph.slice(all, new int[] {number}, new int[] {1}), 0);
  }

  private void split(OnnxNode node) {
    int rank = to.rank(node, 0);
    int axis = to.axis(node, node.number("axis", 0), rank);
    long[] sizes = node.inputs() > 1 ? to.numbers(node, 1, "split") : node.numbers("split");
    if (sizes == null || sizes.length != node.outputs().size()) {
      throw node.refused("it must say how long each of its parts is");
    }
    long from = 0;
    for (int part = 0; part < sizes.length; part++) {
      to.out(
          node.outputs().get(part),
          cut(to.in(node, 0), rank, axis, from, from + sizes[part], false),
          rank);
      from += sizes[part];
    }
  }

  private void transpose(OnnxNode node) {
    int rank = to.rank(node, 0);
    long[] order = node.numbers("perm");
    int[] dimensions =
        order == null
            ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
            : Arrays.stream(order).mapToInt(i -> (int) i).toArray();
    to.out(node, graph.permute(to.in(node, 0), dimensions), rank);
  }

  private void reshape(OnnxNode node) {
    node.requireNumber("allowzero", 0);
    SDVariable x = to.in(node, 0);
    Optional<INDArray> constant = to.constant(node.input(1));
    if (constant.isEmpty()) {
      int rank = to.length(node.input(1)).orElseThrow(() -> node.refused("the rank is not known"));
      to.out(node, graph.reshape(x, to.in(node, 1)), rank);
      return;
    }
    long[] shape = to.numbers(node, 1, "shape");
    if (Arrays.stream(shape).noneMatch(length -> length == 0)) {
      to.out(node, graph.reshape(x, shape), shape.length);
    } else {
      SDVariable[] parts = new SDVariable[shape.length];
      for (int i = 0; i < shape.length; i++) {
        parts[i] = shape[i] == 0 ? to.dimension(x, i) : to.list(shape[i]);
      }
      to.out(node, graph.reshape(x, graph.concat(0, parts)), shape.length);
    }
    if (shape.length == 1 && shape[0] > 0) {
      to.length(node.output(), (int) shape[0]);
    } else if (shape.length == 1) {
      to.length(node.input(0)).ifPresent(length -> to.length(node.output(), length));
    }
  }

  private void flatten(OnnxNode node) {
    node.requireNumber("axis", 1);
    SDVariable x = to.in(node, 0);
    to.out(node, graph.reshape(x, graph.concat(0, to.dimension(x, 0), to.list(-1))), 2);
  }

  private void expand(OnnxNode node) {
    SDVariable x = to.in(node, 0);
    int rank = to.length(node.input(1)).orElseThrow(() -> node.refused("the rank is not known"));
    SDVariable ones = graph.fill(to.in(node, 1), x.dataType(), 1);
    to.out(node, x.mul(ones), Math.max(rank, to.rank(node, 0)));
    if (rank == 1) {
      to.constant(node.input(1)).ifPresent(it -> to.length(node.output(), it.getInt(0)));
    }
  }

  private void constantOfShape(OnnxNode node) {
    INDArray value =
        node.tensor("value")
            .map(it -> OnnxTensors.array(it, to.type()))
            .orElse(Nd4j.scalar(to.type(), 0));
    int rank = to.length(node.input(0)).orElseThrow(() -> node.refused("the rank is not known"));
    to.out(node, graph.fill(to.in(node, 0), value.dataType(), value.getDouble(0)), rank);
    if (rank == 1) {
      to.constant(node.input(0)).ifPresent(it -> to.length(node.output(), it.getInt(0)));
    }
  }

  private void range(OnnxNode node) {
    SDVariable start = to.in(node, 0);
    if (!start.dataType().isIntType()) {
      throw node.refused("only ranges of whole numbers are supported");
    }
    to.out(node, graph.range(start, to.in(node, 1), to.in(node, 2), DataType.INT64), 1);
  }
}
