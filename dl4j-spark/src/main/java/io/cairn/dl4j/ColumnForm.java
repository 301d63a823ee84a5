/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.dl4j.Example.Values;
import io.cairn.dl4j.ExampleSurvey.ArraySurvey;
import io.cairn.dl4j.NetworkDemand.StepAxis;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.JavaConverters;

/**
 * How an array stands in a column: what the data room's settings say of it, and its values.
 *
 * <p>Threading: immutable, safe everywhere. Travels to executors.
 */
sealed interface ColumnForm extends Serializable {

  /** The column's type. */
  DataType type();

  /** The column's value for an example. */
  Object value(Values values);

  /** What the settings of the input or output say beside the column's name. */
  Map<String, Object> settings();

  /** Values of a fixed shape, as the data set has them. */
  record Plain(List<Integer> shape) implements ColumnForm {
    private static final long serialVersionUID = 1L;

    @Override
    public DataType type() {
      return SQLDataTypes.VectorType();
    }

    @Override
    public Object value(Values values) {
      return Vectors.dense(values.numbers());
    }

    @Override
    public Map<String, Object> settings() {
      return shape.size() == 1 ? Map.of() : Map.of("shape", shape);
    }
  }

  /** One of several classes. */
  record OneClass(int classes) implements ColumnForm {
    private static final long serialVersionUID = 1L;

    @Override
    public DataType type() {
      return DataTypes.IntegerType;
    }

    @Override
    public Object value(Values values) {
      return new StepValues(values, StepAxis.LAST).classAt(0);
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("classes", classes);
    }
  }

  /** A sequence of values. */
  record Sequence(int maxSteps, StepAxis axis) implements ColumnForm {
    private static final long serialVersionUID = 1L;

    @Override
    public DataType type() {
      return DataTypes.createArrayType(SQLDataTypes.VectorType());
    }

    @Override
    public Object value(Values values) {
      StepValues steps = new StepValues(values, axis);
      List<Object> found = new ArrayList<>();
      for (int step = 0; step < steps.count(); step++) {
        found.add(Vectors.dense(steps.step(step)));
      }
      return JavaConverters.asScalaBuffer(found).toList();
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("max-steps", maxSteps);
    }
  }

  /** A sequence with one of several classes in each step. */
  record ClassSequence(int maxSteps, int classes, StepAxis axis) implements ColumnForm {
    private static final long serialVersionUID = 1L;

    @Override
    public DataType type() {
      return DataTypes.createArrayType(DataTypes.IntegerType);
    }

    @Override
    public Object value(Values values) {
      StepValues steps = new StepValues(values, axis);
      List<Object> found = new ArrayList<>();
      for (int step = 0; step < steps.count(); step++) {
        found.add(steps.classAt(step));
      }
      return JavaConverters.asScalaBuffer(found).toList();
    }

    @Override
    public Map<String, Object> settings() {
      return new TreeMap<>(Map.of("max-steps", maxSteps, "classes", classes));
    }
  }

  /**
   * The forms of all arrays. Arrays whose time steps do not differ are handed to the network as
   * they are, without a mask, as Deeplearning4j would; else they are sequences, padded and masked.
   */
  static List<ColumnForm> of(ExampleSurvey survey) {
    List<ArraySurvey> stepped = survey.arrays().stream().filter(ArraySurvey::hasSteps).toList();
    boolean fixed =
        stepped.stream().allMatch(ArraySurvey::hasSameStepsEverywhere)
            && (!survey.areStepsAlike()
                || stepped.stream().mapToInt(ArraySurvey::mostSteps).distinct().count() <= 1);
    int most = stepped.stream().mapToInt(ArraySurvey::mostSteps).max().orElse(0);
    List<ColumnForm> forms = new ArrayList<>();
    for (ArraySurvey array : survey.arrays()) {
      boolean sequence = array.hasSteps() && !fixed;
      if (sequence && !survey.areStepsAlike() && array.hasSameStepsEverywhere()) {
        sequence = false;
      }
      int maxSteps = survey.areStepsAlike() ? most : array.mostSteps();
      forms.add(sequence ? sequence(array, maxSteps) : fixed(array));
    }
    return forms;
  }

  private static ColumnForm sequence(ArraySurvey array, int maxSteps) {
    StepAxis axis = array.demand().axis();
    return array.classes() > 0
        ? new ClassSequence(maxSteps, array.classes(), axis)
        : new Sequence(maxSteps, axis);
  }

  private static ColumnForm fixed(ArraySurvey array) {
    return array.classes() > 0 && array.shape().size() == 1
        ? new OneClass(array.classes())
        : new Plain(array.shape());
  }
}
