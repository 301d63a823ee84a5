/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What is counted against DL4J's own evaluations, in parts that are added as ranks add theirs. */
class ValidationSumsTest {

  private static final int EXAMPLES = 9;
  private static final int CLASSES = 3;
  private static final int STEPS = 4;

  /** The sums of two parts of a batch, by way of what travels. */
  private static ValidationSums sums(
      INDArray outputs, INDArray labels, INDArray mask, int firstPart) {
    ValidationSums total = new ValidationSums(1);
    ByteBuffer travelled = ByteBuffer.allocate(8 * (total.countValues() + total.sumValues()));
    for (int[] part : new int[][] {{0, firstPart}, {firstPart, EXAMPLES}}) {
      ValidationSums own = total.none();
      own.add(
          new INDArray[] {rows(outputs, part)},
          part[1] - part[0],
          new MultiDataSet(
              new INDArray[] {Nd4j.zeros(part[1] - part[0], 2)},
              new INDArray[] {rows(labels, part)},
              null,
              mask == null ? null : new INDArray[] {rows(mask, part)}));
      own.write(travelled.clear());
      ValidationSums arrived = total.none();
      arrived.read(travelled.flip());
      total.add(arrived);
    }
    return total;
  }

  private static INDArray rows(INDArray array, int[] part) {
    return array.get(NDArrayIndex.interval(part[0], part[1])).dup();
  }

  private static INDArray oneHot(long... shape) {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, shape);
    long steps = shape.length == 3 ? shape[2] : 1;
    for (int i = 0; i < shape[0]; i++) {
      for (int step = 0; step < steps; step++) {
        int at = (i * 5 + step * 7) % CLASSES;
        if (shape.length == 3) {
          labels.putScalar(new int[] {i, at, step}, 1);
        } else {
          labels.putScalar(i, at, 1);
        }
      }
    }
    return labels;
  }

  @Test
  void classesOfStepsThatAreMaskedDoNotCount() {
    Nd4j.getRandom().setSeed(3);
    INDArray outputs = Nd4j.rand(DataType.DOUBLE, EXAMPLES, CLASSES, STEPS);
    INDArray labels = oneHot(EXAMPLES, CLASSES, STEPS);
    INDArray mask = Nd4j.ones(DataType.DOUBLE, EXAMPLES, STEPS);
    for (int i = 0; i < EXAMPLES; i++) {
      for (int step = 1 + i % STEPS; step < STEPS; step++) {
        mask.putScalar(i, step, 0);
      }
    }
    Evaluation expected = new Evaluation();
    expected.evalTimeSeries(labels, outputs, mask);
    ValidationSums sums = sums(outputs, labels, mask, 4);
    assertThat(sums.accuracy(0)).isCloseTo(expected.accuracy(), offset(1e-12));
    assertThat(sums.examples()).isEqualTo(EXAMPLES);
    assertThat(sums.loss()).isEqualTo(1);
  }

  @Test
  void valuesAreMeasuredAsDl4jDoes() {
    Nd4j.getRandom().setSeed(4);
    INDArray outputs = Nd4j.randn(DataType.DOUBLE, EXAMPLES, 1);
    INDArray labels = Nd4j.randn(DataType.DOUBLE, EXAMPLES, 1);
    RegressionEvaluation expected = new RegressionEvaluation(1);
    expected.eval(labels, outputs);
    ValidationSums sums = sums(outputs, labels, null, 2);
    assertThat(sums.meanSquaredError(0)).isCloseTo(expected.meanSquaredError(0), offset(1e-12));
    assertThat(sums.meanAbsoluteError(0)).isCloseTo(expected.meanAbsoluteError(0), offset(1e-12));
  }
}
