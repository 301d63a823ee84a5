/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What a validation adds up, exactly: examples, and for each output the labelled rows, the correct
 * ones (classes) and the squared and absolute errors (values). Counts are int64, so the ranks' sums
 * are exact.
 *
 * <p>Layout of {@link #write}: int64 {@code examples, then rows and correct of each output}; then
 * float64 {@code loss, then squared and absolute error of each output}.
 *
 * <p>Threading: one thread.
 */
public final class ValidationSums {

  private final long[] counts;
  private final double[] sums;

  /**
   * @param outputs outputs of the model
   */
  public ValidationSums(int outputs) {
    counts = new long[1 + 2 * outputs];
    sums = new double[1 + 2 * outputs];
  }

  /** Number of int64 values at the start of the written form. */
  public int countValues() {
    return counts.length;
  }

  /** Number of float64 values behind them. */
  public int sumValues() {
    return sums.length;
  }

  void add(INDArray[] outputs, double lossSum, MultiDataSet batch) {
    counts[0] += batch.getFeatures(0).size(0);
    sums[0] += lossSum;
    for (int i = 0; i < outputs.length; i++) {
      INDArray mask = batch.getLabelsMaskArrays() == null ? null : batch.getLabelsMaskArray(i);
      add(i, rows(outputs[i]), rows(batch.getLabels(i)), mask);
    }
  }

  /** Adds all of {@code other}, which has as many outputs. */
  void add(ValidationSums other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] += other.sums[i];
    }
  }

  /** The same number of outputs, nothing seen. */
  ValidationSums none() {
    return new ValidationSums(counts.length / 2);
  }

  /** [N, C] as it is, [N, C, T] as [N * T, C]: one row a labelled step. */
  private static INDArray rows(INDArray array) {
    INDArray wide = array.castTo(DataType.DOUBLE);
    if (wide.rank() == 3) {
      return wide.permute(0, 2, 1).dup('c').reshape('c', wide.size(0) * wide.size(2), wide.size(1));
    }
    return wide.rank() == 2 ? wide : wide.dup('c').reshape('c', wide.size(0), -1);
  }

  private void add(int output, INDArray actual, INDArray expected, INDArray mask) {
    double[] weights =
        mask == null ? null : mask.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    long columns = actual.columns();
    double[] got = actual.dup('c').data().asDouble();
    double[] wanted = expected.dup('c').data().asDouble();
    for (int row = 0; row < actual.rows(); row++) {
      if (weights != null && weights[row] == 0) {
        continue;
      }
      int offset = Math.toIntExact(row * columns);
      counts[1 + 2 * output]++;
      if (largest(got, offset, columns) == largest(wanted, offset, columns)) {
        counts[2 + 2 * output]++;
      }
      for (int column = 0; column < columns; column++) {
        double error = got[offset + column] - wanted[offset + column];
        sums[1 + 2 * output] += error * error;
        sums[2 + 2 * output] += Math.abs(error);
      }
    }
  }

  private static int largest(double[] values, int offset, long count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (values[offset + i] > values[offset + best]) {
        best = i;
      }
    }
    return best;
  }

  /** Writes the sums at the buffer's position, in its byte order. */
  public void write(ByteBuffer target) {
    for (long count : counts) {
      target.putLong(count);
    }
    for (double sum : sums) {
      target.putDouble(sum);
    }
  }

  /** Replaces the sums by what {@link #write} wrote, combined over the ranks. */
  public void read(ByteBuffer source) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = source.getLong();
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] = source.getDouble();
    }
  }

  /** Examples seen. */
  public long examples() {
    return counts[0];
  }

  /** Mean loss over the examples. */
  public double loss() {
    return sums[0] / counts[0];
  }

  /** Share of the output's labelled rows whose largest value is at the right place. */
  public double accuracy(int output) {
    return (double) counts[2 + 2 * output] / counts[1 + 2 * output];
  }

  /** Squared error summed over columns, mean over the output's labelled rows. */
  public double meanSquaredError(int output) {
    return sums[1 + 2 * output] / counts[1 + 2 * output];
  }

  /** Absolute error summed over columns, mean over the output's labelled rows. */
  public double meanAbsoluteError(int output) {
    return sums[2 + 2 * output] / counts[1 + 2 * output];
  }
}
