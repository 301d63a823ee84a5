/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.cairn.replica.Measured.OutputKind;
import io.cairn.replica.Measured.StepAxis;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Outputs are measured as what they are, and the same however the examples are split. */
class ValidationSumsTest {

  private static final double[] LABELS = {1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1};
  private static final double[] SCORES = {
    0.9, 0.9, 0.8, 0.35, 0.35, 0.2, 0.999999, 1e-6, 0.5, 0.5, 0.64, 0.35
  };
  private static final double[] WEIGHTS = {1, 2, 0.5, 1, 3, 1, 1, 1, 2, 1, 0.25, 1};

  private static ValidationSums sums(OutputKind kind, int columns) {
    return new ValidationSums(List.of(new Measured(kind, columns, StepAxis.LAST)));
  }

  private static INDArray column(double... values) {
    return Nd4j.createFromArray(values).reshape(values.length, 1);
  }

  private static void add(
      ValidationSums sums, INDArray output, INDArray labels, INDArray mask, double... weights) {
    MultiDataSet batch =
        new MultiDataSet(
            new INDArray[] {Nd4j.zeros(output.size(0), 1)},
            new INDArray[] {labels},
            null,
            mask == null ? null : new INDArray[] {mask});
    if (weights.length > 0) {
      List<Serializable> given = new ArrayList<>();
      for (double weight : weights) {
        given.add(weight);
      }
      batch.setExampleMetaData(given);
    }
    sums.add(new INDArray[] {output}, 1, batch);
  }

  /**
   * The area by its definition, over all pairs, and the others by theirs; in float64, in Python.
   * Spark ML's BinaryClassificationEvaluator has the same area.
   */
  @Test
  void aSingleProbabilityIsMeasuredAsABinaryClassifier() {
    ValidationSums alike = sums(OutputKind.PROBABILITIES, 1);
    add(alike, column(SCORES), column(LABELS), null);
    assertThat(alike.values(0).keySet()).containsExactly("accuracy", "auc", "logLoss");
    assertThat(alike.values(0).get("accuracy")).isCloseTo(0.5833333333333334, within(1e-15));
    assertThat(alike.values(0).get("auc")).isCloseTo(0.6944444444444444, within(1e-15));
    assertThat(alike.values(0).get("logLoss")).isCloseTo(0.6493839570852479, within(1e-12));

    ValidationSums weighted = sums(OutputKind.PROBABILITIES, 1);
    add(weighted, column(SCORES), column(LABELS), null, WEIGHTS);
    assertThat(weighted.values(0).get("accuracy")).isCloseTo(0.576271186440678, within(1e-15));
    assertThat(weighted.values(0).get("auc")).isCloseTo(0.682983682983683, within(1e-15));
    assertThat(weighted.values(0).get("logLoss")).isCloseTo(0.7303115511495447, within(1e-12));
    assertThat(weighted.examples()).isEqualTo(12);
    assertThat(weighted.loss()).as("by weights").isCloseTo(1 / 14.75, within(1e-15));
  }

  @Test
  void theAreaIsTheSameToTheBitHoweverExamplesAreSplitAndCloseToThatOfSortedScores() {
    int count = 600;
    Random random = new Random(4);
    double[] scores = new double[count];
    double[] labels = new double[count];
    for (int i = 0; i < count; i++) {
      labels[i] = random.nextInt(5) == 0 ? 1 : 0;
      scores[i] = 1 / (1 + Math.exp(9 - 3 * labels[i] - 2 * random.nextGaussian()));
    }
    double pairs = 0;
    double right = 0;
    for (int a = 0; a < count; a++) {
      for (int b = 0; b < count; b++) {
        if (labels[a] == 1 && labels[b] == 0) {
          pairs++;
          right += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0;
        }
      }
    }
    ValidationSums whole = sums(OutputKind.PROBABILITIES, 1);
    add(whole, column(scores), column(labels), null);
    assertThat(whole.values(0).get("auc")).isCloseTo(right / pairs, within(2e-5));
    for (int size : new int[] {1, 7, 250}) {
      List<ValidationSums> ranks =
          List.of(sums(OutputKind.PROBABILITIES, 1), sums(OutputKind.PROBABILITIES, 1));
      for (int first = 0; first < count; first += size) {
        int end = Math.min(count, first + size);
        add(
            ranks.get(first / size % 2),
            column(scores).get(NDArrayIndex.interval(first, end), NDArrayIndex.all()),
            column(labels).get(NDArrayIndex.interval(first, end), NDArrayIndex.all()),
            null);
      }
      ValidationSums reduced = reduced(ranks);
      assertThat(reduced.values(0).get("auc")).isEqualTo(whole.values(0).get("auc"));
      assertThat(reduced.values(0).get("accuracy")).isEqualTo(whole.values(0).get("accuracy"));
      assertThat(reduced.examples()).isEqualTo(count);
    }
  }

  private static ValidationSums reduced(List<ValidationSums> ranks) {
    ValidationSums sum = sums(OutputKind.PROBABILITIES, 1);
    ByteBuffer total = ByteBuffer.allocate(8 + 8 * sum.sumValues());
    sum.write(total.clear());
    for (ValidationSums rank : ranks) {
      ByteBuffer own = ByteBuffer.allocate(total.capacity());
      rank.write(own);
      total.putLong(0, total.getLong(0) + own.getLong(0));
      for (int at = 8; at < total.capacity(); at += 8) {
        total.putDouble(at, total.getDouble(at) + own.getDouble(at));
      }
    }
    sum.read(total.clear());
    return sum;
  }

  @Test
  void everyUnitOfManyIsALabelOfItsOwn() {
    ValidationSums sums = sums(OutputKind.PROBABILITIES, 2);
    add(
        sums,
        Nd4j.create(new double[][] {{0.9, 0.1}, {0.2, 0.7}, {0.6, 0.2}}),
        Nd4j.create(new double[][] {{1, 0}, {0, 1}, {0, 1}}),
        null);
    assertThat(sums.values(0).keySet()).containsExactly("accuracy", "exactMatch", "auc");
    assertThat(sums.values(0).get("accuracy")).isCloseTo(4 / 6.0, within(1e-15));
    assertThat(sums.values(0).get("exactMatch")).isCloseTo(2 / 3.0, within(1e-15));
    assertThat(sums.values(0).get("auc")).as("of 1 and 1").isEqualTo(1);
  }

  @Test
  void distancesAreMeansOverColumns() {
    ValidationSums sums = sums(OutputKind.VALUES, 2);
    add(
        sums,
        Nd4j.create(new double[][] {{1, 2}, {3, 4}}),
        Nd4j.create(new double[][] {{0, 2}, {3, 1}}),
        null);
    assertThat(sums.values(0)).containsEntry("mse", 2.5).containsEntry("mae", 1.0);
  }

  @Test
  void classesAreTheSameAsAnIndexAndOneHotAndMaskedStepsDoNotCount() {
    INDArray output =
        Nd4j.create(new double[] {0.7, 0.2, 0.5, 0.3, 0.8, 0.5}).reshape('c', 1, 2, 3);
    INDArray oneHot = Nd4j.create(new double[] {1, 1, 0, 0, 0, 1}).reshape('c', 1, 2, 3);
    INDArray index = Nd4j.create(new double[] {0, 0, 1}).reshape('c', 1, 1, 3);
    INDArray mask = Nd4j.create(new double[][] {{1, 1, 0}});
    for (INDArray labels : List.of(oneHot, index)) {
      ValidationSums sums = sums(OutputKind.CLASS_PROBABILITIES, 1);
      add(sums, output, labels, mask);
      assertThat(sums.values(0).get("accuracy")).isEqualTo(0.5);
      assertThat(sums.values(0).get("logLoss"))
          .isCloseTo(-(Math.log(0.7) + Math.log(0.2)) / 2, within(1e-7));
    }
    ValidationSums first =
        new ValidationSums(
            List.of(new Measured(OutputKind.CLASS_PROBABILITIES, 1, StepAxis.FIRST)));
    add(first, output.permute(0, 2, 1), oneHot.permute(0, 2, 1), mask);
    assertThat(first.values(0).get("accuracy")).as("steps first").isEqualTo(0.5);
  }

  @Test
  void scoresAreToldApartNearBothEnds() {
    ScoreHistogram fine = ScoreHistogram.FINE;
    double[] rising = {0, 1e-9, 1.01e-9, 0.3, 0.4999, 0.5, 0.5001, 0.9, 0.99999, 0.999991, 1};
    for (int i = 1; i < rising.length; i++) {
      assertThat(fine.bin(rising[i])).as("%s", rising[i]).isGreaterThan(fine.bin(rising[i - 1]));
    }
    assertThat(fine.bin(1)).isEqualTo(fine.bins() - 1);
    assertThat(fine.bin(0)).isZero();
  }
}
