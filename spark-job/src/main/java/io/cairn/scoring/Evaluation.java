/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.data.source.LabelledRows;
import io.cairn.data.source.RowProblems;
import io.cairn.replica.ModelException;
import io.cairn.replica.OutputValues;
import io.cairn.replica.OutputValues.OutputSteps;
import io.cairn.scoring.metrics.ClassMeasure;
import io.cairn.scoring.metrics.ExactSums;
import io.cairn.scoring.metrics.LabelMeasure;
import io.cairn.scoring.metrics.NumberMeasure;
import io.cairn.scoring.metrics.RowMeasure;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;

/**
 * Measures a model on examples with labels: each task counts its own, and the sums, which are
 * exact, are added up on the way to the driver.
 *
 * <p>Threading: the driver's thread; what travels is used by one task at a time.
 *
 * @param model scores
 * @param records makes examples of rows
 * @param scaling what is done to the inputs
 * @param outputs what the model's outputs mean, in its order
 * @param batch examples of a pass
 */
public record Evaluation(
    ScoringModel model,
    LabelledRows.Records records,
    Scaling scaling,
    List<OutputMeaning> outputs,
    int batch)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int REDUCE_DEPTH = 2;

  public Evaluation {
    outputs = List.copyOf(outputs);
  }

  /** What was counted. */
  public static final class Counts implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ArrayList<RowMeasure> measures = new ArrayList<>();
    private final ExactSums weight = new ExactSums(1);
    private final RowProblems problems = new RowProblems();
    private long examples;

    private Counts(List<OutputMeaning> outputs) {
      outputs.forEach(output -> measures.add(measure(output)));
    }

    private Counts with(Counts later) {
      for (int i = 0; i < measures.size(); i++) {
        measures.get(i).merge(later.measures.get(i));
      }
      weight.merge(later.weight);
      problems.merge(later.problems);
      examples += later.examples;
      return this;
    }

    /** What is wrong with rows; if anything is, the rest is not to be used. */
    public RowProblems problems() {
      return problems;
    }

    /** Examples that were scored. */
    public long examples() {
      return examples;
    }

    /** Their weights, summed. */
    public double weight() {
      return weight.value(0);
    }

    /** The numbers of an output. */
    public Map<String, Object> results(int output) {
      return measures.get(output).results();
    }
  }

  private static RowMeasure measure(OutputMeaning output) {
    return switch (output.kind()) {
      case CLASS, BINARY_CLASS -> new ClassMeasure(names(output), form(output));
      case LABELS -> new LabelMeasure(output.units());
      case NUMBERS -> new NumberMeasure(output.units());
    };
  }

  private static List<String> names(OutputMeaning output) {
    return output.classNames().isEmpty()
        ? IntStream.range(0, output.classes()).mapToObj(String::valueOf).toList()
        : output.classNames();
  }

  private static ClassMeasure.Form form(OutputMeaning output) {
    if (output.kind() == OutputMeaning.Kind.BINARY_CLASS) {
      return ClassMeasure.Form.ONE_PROBABILITY;
    }
    return output.values() == OutputMeaning.Values.PROBABILITIES
        ? ClassMeasure.Form.PROBABILITIES
        : ClassMeasure.Form.VALUES;
  }

  /** Scores and counts all rows, in one job. */
  public Counts of(JavaRDD<Row> rows) {
    if (rows.getNumPartitions() == 0) {
      return new Counts(outputs);
    }
    return rows.mapPartitions(part -> List.of(count(part)).iterator())
        .treeReduce(Counts::with, REDUCE_DEPTH);
  }

  private Counts count(Iterator<Row> rows) {
    Counts counts = new Counts(outputs);
    List<byte[]> waiting = new ArrayList<>();
    try (TaskScorer scorer = new TaskScorer(model, inputs(), scaling, batch)) {
      while (rows.hasNext()) {
        Optional<byte[]> record = records.of(rows.next(), counts.problems);
        record.ifPresent(waiting::add);
        if (waiting.size() == batch || (!rows.hasNext() && !waiting.isEmpty())) {
          count(scorer, waiting, counts);
          waiting.clear();
        }
      }
    }
    return counts;
  }

  /** What is scored of a record: its beginning. */
  private ExampleLayout inputs() {
    ExampleLayout layout = records.layout();
    return new ExampleLayout(layout.kind(), layout.inputs());
  }

  private void count(TaskScorer scorer, List<byte[]> waiting, Counts counts) {
    List<OutputSteps> steps = outputs.stream().map(OutputMeaning::steps).toList();
    List<OutputValues> values = scorer.score(waiting, steps);
    for (int i = 0; i < outputs.size(); i++) {
      LabelReader labels = new LabelReader(records.layout(), i);
      for (int example = 0; example < waiting.size(); example++) {
        count(counts.measures.get(i), values.get(i), labels, waiting.get(example), example, i);
      }
    }
    LabelReader weights = new LabelReader(records.layout(), 0);
    waiting.forEach(record -> counts.weight.add(0, weights.weight(record)));
    counts.examples += waiting.size();
  }

  private void count(
      RowMeasure measure,
      OutputValues values,
      LabelReader labels,
      byte[] record,
      int example,
      int output) {
    double weight = labels.weight(record);
    int steps = Math.min(labels.steps(record), values.steps());
    if (weight == 0 || steps == 0) {
      return;
    }
    if (!values.isFinite(example, steps)) {
      throw new ModelException(
          "the model computes NaN or infinity in output %s for an example; its parameters or the example's values are out of range"
              .formatted(outputs.get(output).name()));
    }
    for (int step = 0; step < steps; step++) {
      measure.add(values.values(), values.at(example, step), labels.row(record, step), weight);
    }
  }
}
