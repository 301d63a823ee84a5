/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The promise: a gradient that does not say how the loss rises is changed, and a right one not. */
class DirectionalCheckTest {

  private static final int LENGTH = 5;
  private static final List<GraphParameter> PARAMETERS =
      List.of(parameter("doubled", 0), parameter("missing", 1), parameter("right", 2));

  private static GraphParameter parameter(String name, int place) {
    return new GraphParameter(
        name, new long[] {LENGTH}, (long) place * LENGTH, LENGTH, GraphParameter.Use.TRAINED);
  }

  private static INDArray part(INDArray vector, String name) {
    GraphParameter parameter =
        PARAMETERS.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    return vector.get(NDArrayIndex.interval(parameter.offset(), parameter.end()));
  }

  /** Of {@code sum sin v}, whose gradient is {@code cos v}. */
  @Test
  void whatIsOffByAFactorAndWhatIsMissingIsChangedAndTheRestIsLeftAlone() {
    INDArray values = Nd4j.linspace(DataType.DOUBLE, -2, 0.3, 3 * LENGTH);
    INDArray before = values.dup();
    INDArray right = Transforms.cos(values, true);
    INDArray gradient = right.dup();
    part(gradient, "doubled").muli(2);
    part(gradient, "missing").assign(0);

    DirectionalCheck.correct(
        values, gradient, PARAMETERS, () -> Transforms.sin(values, true).sumNumber().doubleValue());

    assertThat(values).isEqualTo(before);
    assertThat(gap(gradient, right, "doubled")).isLessThan(1e-6);
    assertThat(part(gradient, "missing").norm2Number().doubleValue()).isGreaterThan(0.1);
    assertThat(gap(gradient, right, "right")).isZero();
  }

  private static double gap(INDArray found, INDArray expected, String name) {
    return part(found, name).sub(part(expected, name)).amaxNumber().doubleValue();
  }
}
