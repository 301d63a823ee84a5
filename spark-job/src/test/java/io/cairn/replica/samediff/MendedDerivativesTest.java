/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Gradients and shapes that depend on whether something is one number, held against differences.
 */
class MendedDerivativesTest {

  private static final double STEP = 1e-6;

  /** Of two operands: equal shapes, one stretched over the other, and one number of each rank. */
  private static final List<long[][]> SHAPES =
      Stream.of(
              "3,4 3,4",
              "3,4 1,1",
              "3,4 1",
              "3,4 -",
              "1,4 1,1",
              "1,1 3,4",
              "1 3,4",
              "- 3,4",
              "3,4 4",
              "3,4 1,4",
              "3,4 3,1",
              "1,4 3,1",
              "4 3,4",
              "4 1",
              "1 4",
              "2,3,4 1,1,1",
              "2,3,4 1,3,1",
              "1,3,4 1,1,1",
              "1,1 1,1",
              "1,1 1",
              "1 1,1",
              "1 -",
              "1,3,1 1,1,4")
          .map(pair -> Arrays.stream(pair.split(" ")).map(MendedDerivativesTest::shape))
          .map(pair -> pair.toArray(long[][]::new))
          .toList();

  /** How a graph names them. */
  private enum Pair {
    SUM,
    DIFFERENCE,
    PRODUCT,
    QUOTIENT,
    REVERSE_QUOTIENT,
    SQUARED_DIFFERENCE,
    LARGER,
    SMALLER,
    ANGLE;

    SDVariable of(SameDiff graph, SDVariable a, SDVariable b) {
      return switch (this) {
        case SUM -> a.add(b);
        case DIFFERENCE -> a.sub(b);
        case PRODUCT -> a.mul(b);
        case QUOTIENT -> a.div(b);
        case REVERSE_QUOTIENT -> a.rdiv(b);
        case SQUARED_DIFFERENCE -> a.squaredDifference(b);
        case LARGER -> graph.math().max(a, b);
        case SMALLER -> graph.math().min(a, b);
        case ANGLE -> graph.math().atan2(a, b);
      };
    }
  }

  private static long[] shape(String text) {
    return text.equals("-")
        ? new long[0]
        : Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  @BeforeAll
  static void mend() {
    Mends.apply();
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreDifferencesWhicheverOperandIsStretched(Pair pair) {
    List<String> wrong = new ArrayList<>();
    for (long[][] shapes : SHAPES) {
      wrong.addAll(wrong(shapes, pair::of));
    }
    assertThat(wrong).isEmpty();
  }

  /** Of one row, one column and one summand; of lists of matrices, too. */
  @Test
  void gradientsOfProductsAreDifferencesWhicheverFactorIsTransposed() {
    List<String> wrong = new ArrayList<>();
    for (String lengths : List.of("1,1,1", "1,3,1", "1,1,2", "2,1,1", "1,3,2", "2,3,1", "2,3,4")) {
      for (int flags = 0; flags < 8; flags++) {
        boolean first = (flags & 1) != 0;
        boolean second = (flags & 2) != 0;
        boolean product = (flags & 4) != 0;
        long[] of = shape(lengths);
        for (long[] outer : List.of(new long[] {}, new long[] {1}, new long[] {2, 1})) {
          long[][] shapes = {
            ArrayUtil.combine(outer, first ? swapped(of[0], of[1]) : new long[] {of[0], of[1]}),
            ArrayUtil.combine(outer, second ? swapped(of[1], of[2]) : new long[] {of[1], of[2]})
          };
          wrong.addAll(
              wrong(shapes, (graph, a, b) -> graph.mmul(a, b, first, second, product)).stream()
                  .map(it -> it + " transposed " + flags(first, second, product))
                  .toList());
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static long[] swapped(long rows, long columns) {
    return new long[] {columns, rows};
  }

  private static String flags(boolean... flags) {
    return Arrays.toString(flags);
  }

  private interface Operator {
    SDVariable of(SameDiff graph, SDVariable a, SDVariable b);
  }

  /** Operands whose gradients are not what they should be. */
  private static List<String> wrong(long[][] shapes, Operator operator) {
    SameDiff graph = SameDiff.create();
    Nd4j.getRandom().setSeed(5);
    SDVariable a = graph.var("a", Nd4j.rand(DataType.DOUBLE, shapes[0]).addi(0.5));
    SDVariable b = graph.var("b", Nd4j.rand(DataType.DOUBLE, shapes[1]).addi(0.4));
    SDVariable result = operator.of(graph, a, b);
    INDArray values = graph.outputSingle(Map.of(), result.name());
    INDArray factors = Nd4j.linspace(DataType.DOUBLE, 1, 0.37, values.length());
    result.mul(graph.constant(factors.reshape(values.shape()))).sum("loss");
    graph.setLossVariables("loss");
    Map<String, INDArray> gradients = graph.calculateGradients(Map.of(), "a", "b");
    List<String> wrong = new ArrayList<>();
    for (SDVariable operand : List.of(a, b)) {
      INDArray gradient = gradients.get(operand.name());
      if (!Arrays.equals(gradient.shape(), operand.getArr().shape())
          || gap(graph, operand.getArr(), gradient) > 1e-7) {
        wrong.add(operand.name() + " of " + Arrays.deepToString(shapes));
      }
    }
    return wrong;
  }

  /** The most that the gradient differs from how the loss rises. */
  private static double gap(SameDiff graph, INDArray values, INDArray gradient) {
    double most = 0;
    for (long i = 0; i < values.length(); i++) {
      double before = values.getDouble(i);
      values.putScalar(i, before + STEP);
      double above = graph.outputSingle(Map.of(), "loss").getDouble(0);
      values.putScalar(i, before - STEP);
      double below = graph.outputSingle(Map.of(), "loss").getDouble(0);
      values.putScalar(i, before);
      double rise = (above - below) / (2 * STEP);
      most = Math.max(most, Math.abs(rise - gradient.getDouble(i)) / Math.max(1, Math.abs(rise)));
    }
    return most;
  }

  /** Of one row, twice the same and none; of tables and of what is computed; along each axis. */
  @Test
  void gradientsOfGatheredRowsAreDifferences() {
    List<String> wrong = new ArrayList<>();
    for (String table : List.of("5", "5,3", "5,1", "1,3", "1,1", "5,2,3", "1,2,1")) {
      for (String rows : List.of("0", "0,0", "0,0,0,0")) {
        long[] of = shape(table);
        for (int axis = 0; axis < of.length; axis++) {
          int at = axis;
          INDArray indices = Nd4j.createFromArray(Arrays.stream(shape(rows)).toArray());
          if (of[axis] > 3 && indices.length() > 2) {
            indices.putScalar(1, 3);
          }
          long[][] shapes = {of, of};
          wrong.addAll(
              wrong(
                  shapes,
                  (graph, a, b) ->
                      graph
                          .gather(a, graph.constant(indices.dup()), at)
                          .mul(graph.gather(b.mul(2), graph.constant(indices.dup()), at))));
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void halfOfTheGradientGoesToEachOfTwoThatAreEqual() {
    for (Pair pair : List.of(Pair.LARGER, Pair.SMALLER)) {
      SameDiff graph = SameDiff.create();
      SDVariable a = graph.var("a", Nd4j.createFromArray(1.0, 2.0));
      SDVariable b = graph.var("b", Nd4j.createFromArray(1.0, 3.0));
      pair.of(graph, a, b).sum("loss");
      graph.setLossVariables("loss");
      double chosen = pair == Pair.LARGER ? 0 : 1;
      Map<String, INDArray> gradients = graph.calculateGradients(Map.of(), "a", "b");
      assertThat(gradients.get("a").toDoubleVector()).containsExactly(0.5, chosen);
      assertThat(gradients.get("b").toDoubleVector()).containsExactly(0.5, 1 - chosen);
    }
  }

  @Test
  void whatHasOneRowOrColumnIsReducedAlongIt() {
    for (String before : List.of("1,4", "4,1", "1,1", "1", "1,1,3", "1,3,1")) {
      long[] shape = shape(before);
      for (int axis = 0; axis < shape.length; axis++) {
        int at = axis;
        List<Long> kept = new ArrayList<>(Arrays.stream(shape).boxed().toList());
        kept.set(axis, 1L);
        assertThat(computed(shape, value -> value.sum(true, at)))
            .containsExactly(kept.stream().mapToLong(Long::longValue).toArray());
        kept.remove(axis);
        assertThat(computed(shape, value -> value.mean(at)))
            .containsExactly(kept.stream().mapToLong(Long::longValue).toArray());
      }
    }
  }

  private static long[] computed(long[] shape, UnaryOperator<SDVariable> operator) {
    SameDiff graph = SameDiff.create();
    SDVariable value = graph.placeHolder("value", DataType.DOUBLE, new long[shape.length]);
    SDVariable result = operator.apply(value);
    Map<String, INDArray> values = Map.of("value", Nd4j.ones(DataType.DOUBLE, shape));
    return graph.outputSingle(values, result.name()).shape();
  }
}
