/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What a validation adds up: the number of examples, the loss, and for each output the sums that
 * {@link Measured} names.
 *
 * <p>Examples are counted in int64. Everything else is a sum of weights or errors in float64.
 * Without example weights, the counts are sums of ones, which float64 adds exactly up to 2^53. So
 * accuracy and the area under the ROC curve do not depend on how the data is split.
 *
 * <p>Layout of {@link #write}: int64 {@code examples}; then float64 {@code loss, weight}, then the
 * sums of each output, then the tables of classes, where they are wanted.
 *
 * <p>Threading: one thread.
 */
public final class ValidationSums {

  private static final int OUTPUTS = 2;

  /** Probabilities are no smaller for a logarithm, as in Keras. */
  private static final double LEAST_PROBABILITY = 1e-7;

  private final List<Measured> measured;
  private final int[] starts;
  private final double[] sums;
  private final List<Optional<ClassTable>> tables;
  private long examples;

  /**
   * Sums of nothing yet.
   *
   * @param outputs how the outputs of the model are measured
   */
  public ValidationSums(List<Measured> outputs) {
    this(outputs, outputs.stream().map(output -> Optional.<ClassTable>empty()).toList());
  }

  /**
   * The same, with tables of the classes besides.
   *
   * @param outputs how the outputs of the model are measured
   * @param tables of each output, where it has classes; filled by this
   */
  public ValidationSums(List<Measured> outputs, List<Optional<ClassTable>> tables) {
    measured = List.copyOf(outputs);
    this.tables = List.copyOf(tables);
    if (this.tables.size() != measured.size()) {
      throw new IllegalArgumentException(
          tables.size() + " tables for " + measured.size() + " outputs");
    }
    starts = new int[measured.size() + 1];
    starts[0] = OUTPUTS;
    for (int i = 0; i < measured.size(); i++) {
      starts[i + 1] = Math.addExact(starts[i], measured.get(i).sums());
    }
    sums = new double[starts[measured.size()]];
  }

  /** Number of int64 values at the start of the written form. */
  public int countValues() {
    return 1;
  }

  /** Number of float64 values behind them. */
  public int sumValues() {
    return sums.length + tables().mapToInt(table -> table.sums().length).sum();
  }

  private Stream<ClassTable> tables() {
    return tables.stream().flatMap(Optional::stream);
  }

  /** The same of a loss that is divided by the sum of the examples' weights. */
  void add(INDArray[] outputs, double lossSum, MultiDataSet batch) {
    add(outputs, lossSum, ExampleWeights.of(batch).sum(), batch);
  }

  /**
   * Adds a batch; if its numbers do not fit in memory, nothing of it.
   *
   * @param terms what the loss is divided by: the sum of the examples' weights, as a rule
   */
  void add(INDArray[] outputs, double lossSum, double terms, MultiDataSet batch) {
    ExampleWeights weights = ExampleWeights.of(batch);
    Rows[] rows = new Rows[outputs.length];
    for (int i = 0; i < outputs.length; i++) {
      INDArray mask = batch.getLabelsMaskArrays() == null ? null : batch.getLabelsMaskArray(i);
      rows[i] =
          measured.get(i).kind() == Measured.OutputKind.NOTHING
              ? null
              : Rows.of(measured.get(i), outputs[i], batch.getLabels(i), mask);
    }
    for (int i = 0; i < outputs.length; i++) {
      if (rows[i] != null) {
        add(i, rows[i], weights);
      }
    }
    examples += batch.getFeatures(0).size(0);
    sums[0] += lossSum;
    sums[1] += terms;
  }

  /** An output's values and labels, a row after the other. */
  private record Rows(
      int count,
      int examples,
      int columns,
      double[] got,
      int labels,
      double[] wanted,
      double[] mask) {

    static Rows of(Measured measured, INDArray output, INDArray labels, INDArray mask) {
      INDArray got = rows(output, measured);
      INDArray wanted = rows(labels, measured);
      return new Rows(
          Math.toIntExact(got.size(0)),
          Math.toIntExact(output.size(0)),
          Math.toIntExact(got.size(1)),
          got.data().asDouble(),
          Math.toIntExact(wanted.size(1)),
          wanted.data().asDouble(),
          mask == null ? null : mask.castTo(DataType.DOUBLE).dup('c').data().asDouble());
    }

    /** [N, C] as it is; of a sequence one row a step; of anything else one a label's columns. */
    private static INDArray rows(INDArray array, Measured measured) {
      INDArray wide = array.castTo(DataType.DOUBLE);
      if (wide.rank() == 3) {
        INDArray stepsFirst =
            measured.steps() == Measured.StepAxis.FIRST ? wide : wide.permute(0, 2, 1);
        return stepsFirst
            .dup('c')
            .reshape('c', stepsFirst.size(0) * stepsFirst.size(1), stepsFirst.size(2));
      }
      INDArray dense = wide.dup('c');
      boolean probabilities = measured.kind() == Measured.OutputKind.PROBABILITIES;
      return wide.rank() == 2
          ? dense
          : probabilities ? dense.reshape('c', -1, 1) : dense.reshape('c', wide.size(0), -1);
    }

    double weight(int row, ExampleWeights weights) {
      double weight = weights.of((int) ((long) row * examples / count));
      return mask == null ? weight : mask[row] * weight;
    }
  }

  private void add(int output, Rows rows, ExampleWeights weights) {
    for (int row = 0; row < rows.count(); row++) {
      double weight = rows.weight(row, weights);
      if (weight == 0) {
        continue;
      }
      sums[starts[output]] += weight;
      switch (measured.get(output).kind()) {
        case CLASSES, CLASS_PROBABILITIES -> addClass(output, rows, row, weight);
        case PROBABILITIES -> addProbabilities(output, rows, row, weight);
        case VALUES -> addDistances(output, rows, row, weight);
        case NOTHING -> throw new IllegalStateException("output " + output + " is not measured");
      }
    }
  }

  private void addClass(int output, Rows rows, int row, double weight) {
    int best = largest(rows.got(), row * rows.columns(), rows.columns());
    int right =
        rows.labels() == 1
            ? (int) rows.wanted()[row]
            : largest(rows.wanted(), row * rows.labels(), rows.labels());
    if (best == right) {
      sums[starts[output] + 1] += weight;
    }
    count(output, rows, row, right, weight);
    if (measured.get(output).kind() == Measured.OutputKind.CLASS_PROBABILITIES) {
      double probability = rows.got()[row * rows.columns() + right];
      sums[starts[output] + 2] -= weight * Math.log(bounded(probability));
    }
  }

  private void count(int output, Rows rows, int row, int right, double weight) {
    if (tables.get(output).isPresent()) {
      int at = row * rows.columns();
      tables.get(output).get().add(rows.got(), at, rows.columns(), right, weight);
    }
  }

  private static double bounded(double probability) {
    return Math.min(Math.max(probability, LEAST_PROBABILITY), 1 - LEAST_PROBABILITY);
  }

  private void addProbabilities(int output, Rows rows, int row, double weight) {
    ScoreHistogram histogram = measured.get(output).histogram();
    int start = starts[output];
    boolean allRight = true;
    for (int column = 0; column < rows.columns(); column++) {
      double got = rows.got()[row * rows.columns() + column];
      double wanted = rows.wanted()[row * rows.columns() + column];
      boolean right = got > 0.5 == wanted > 0.5;
      allRight &= right;
      sums[start + 1] += right ? weight : 0;
      sums[start + 3] -=
          weight * (wanted * Math.log(bounded(got)) + (1 - wanted) * Math.log(bounded(1 - got)));
      int bins = start + 4 + 2 * column * histogram.bins();
      int bin = histogram.bin(got);
      // A label between 0 and 1 counts on both sides.
      sums[bins + bin] += weight * wanted;
      sums[bins + histogram.bins() + bin] += weight * (1 - wanted);
    }
    sums[start + 2] += allRight ? weight : 0;
    count(output, rows, row, (int) rows.wanted()[row * rows.columns()], weight);
  }

  private void addDistances(int output, Rows rows, int row, double weight) {
    double squared = 0;
    double absolute = 0;
    for (int column = 0; column < rows.columns(); column++) {
      int at = row * rows.columns() + column;
      double error = rows.got()[at] - rows.wanted()[at];
      squared += error * error;
      absolute += Math.abs(error);
    }
    sums[starts[output] + 1] += weight * squared / rows.columns();
    sums[starts[output] + 2] += weight * absolute / rows.columns();
  }

  private static int largest(double[] values, int offset, int count) {
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
    target.putLong(examples);
    for (double sum : sums) {
      target.putDouble(sum);
    }
    tables().forEach(table -> Arrays.stream(table.sums()).forEach(target::putDouble));
  }

  /** Replaces the sums by what {@link #write} wrote, combined over the ranks. */
  public void read(ByteBuffer source) {
    examples = source.getLong();
    Arrays.setAll(sums, i -> source.getDouble());
    tables().forEach(table -> Arrays.setAll(table.sums(), i -> source.getDouble()));
  }

  /** Examples seen. */
  public long examples() {
    return examples;
  }

  /** Mean loss over the examples, by their weights if they have any. */
  public double loss() {
    return sums[0] / sums[1];
  }

  /**
   * The measures of an output by name, in the order in which they are shown: {@code accuracy} and
   * {@code logLoss} of classes; {@code accuracy}, {@code auc} and {@code logLoss} of a probability;
   * {@code accuracy}, {@code exactMatch} and {@code auc} of several; {@code mse} and {@code mae} of
   * values, means over their columns.
   */
  public Map<String, Double> values(int output) {
    int start = starts[output];
    double rows = sums[start];
    Measured how = measured.get(output);
    Map<String, Double> values = new LinkedHashMap<>();
    switch (how.kind()) {
      case CLASSES -> values.put("accuracy", sums[start + 1] / rows);
      case CLASS_PROBABILITIES -> {
        values.put("accuracy", sums[start + 1] / rows);
        values.put("logLoss", sums[start + 2] / rows);
      }
      case PROBABILITIES -> {
        values.put("accuracy", sums[start + 1] / (rows * how.columns()));
        if (how.columns() > 1) {
          values.put("exactMatch", sums[start + 2] / rows);
        }
        values.put("auc", meanArea(how, start + 4));
        if (how.columns() == 1) {
          values.put("logLoss", sums[start + 3] / rows);
        }
      }
      case VALUES -> {
        values.put("mse", sums[start + 1] / rows);
        values.put("mae", sums[start + 2] / rows);
      }
      case NOTHING -> {}
    }
    return values;
  }

  /** Over the labels that some examples have and others have not; NaN if there is none. */
  private double meanArea(Measured how, int start) {
    ScoreHistogram histogram = how.histogram();
    double total = 0;
    int labels = 0;
    for (int column = 0; column < how.columns(); column++) {
      double area = histogram.area(sums, start + 2 * column * histogram.bins());
      if (!Double.isNaN(area)) {
        total += area;
        labels++;
      }
    }
    return total / labels;
  }
}
