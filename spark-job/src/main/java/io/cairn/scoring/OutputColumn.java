/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * A column that scoring adds.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param name of the column
 * @param output number of the model's output that it shows, from 0
 * @param form what it shows of it
 */
public record OutputColumn(String name, int output, Form form) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What a column shows of an output; of a sequence an array of it, an element a time step. */
  public enum Form {
    /** The class, as an int. */
    CLASS_INDEX(DataTypes.IntegerType),
    /** The class, as a double: what Spark ML calls a prediction. */
    CLASS_NUMBER(DataTypes.DoubleType),
    /** The class, by its name. */
    CLASS_NAME(DataTypes.StringType),
    /** A value for each class: of a single unit 1 - p and p. */
    CLASS_VALUES(DataTypes.createArrayType(DataTypes.DoubleType, false)),
    /** The same as an ML vector. */
    CLASS_VECTOR(SQLDataTypes.VectorType()),
    /** Of each label whether its probability is above a half, as 0 and 1. */
    LABELS(DataTypes.createArrayType(DataTypes.IntegerType, false)),
    /** The value of the one unit. */
    NUMBER(DataTypes.DoubleType),
    /** The values of all units. */
    NUMBERS(DataTypes.createArrayType(DataTypes.DoubleType, false)),
    /** The same as an ML vector. */
    VECTOR(SQLDataTypes.VectorType());

    private final DataType type;

    Form(DataType type) {
      this.type = type;
    }

    private boolean fits(OutputMeaning meaning) {
      return switch (this) {
        case CLASS_INDEX, CLASS_NUMBER, CLASS_VALUES, CLASS_VECTOR -> meaning.classes() > 0;
        case CLASS_NAME -> !meaning.classNames().isEmpty();
        case LABELS -> meaning.kind() == OutputMeaning.Kind.LABELS;
        case NUMBER -> meaning.units() == 1;
        case NUMBERS, VECTOR -> true;
      };
    }
  }

  public OutputColumn {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(form, "form");
  }

  /** The type of the column. */
  DataType type(OutputMeaning meaning) {
    if (!form.fits(meaning)) {
      throw new IllegalArgumentException(
          "column '%s' cannot show %s of output %s".formatted(name, form, meaning));
    }
    return meaning.isSequence() ? DataTypes.createArrayType(form.type, false) : form.type;
  }

  /**
   * The columns that a person expects: {@code prediction} (the class, by its name where classes
   * have names; of labels 0 or 1 each; else the number or the numbers) and, but of plain numbers,
   * {@code probability}, or {@code score} where the values are no probabilities. Where the model
   * has several outputs, an underscore and the output's name follow.
   *
   * @param prefix what every name begins with; empty for nothing
   */
  public static List<OutputColumn> usual(List<OutputMeaning> outputs, String prefix) {
    List<OutputColumn> columns = new ArrayList<>();
    for (int i = 0; i < outputs.size(); i++) {
      OutputMeaning output = outputs.get(i);
      String suffix = outputs.size() == 1 ? "" : "_" + output.name();
      Form prediction =
          switch (output.kind()) {
            case CLASS, BINARY_CLASS ->
                output.classNames().isEmpty() ? Form.CLASS_INDEX : Form.CLASS_NAME;
            case LABELS -> Form.LABELS;
            case NUMBERS -> output.units() == 1 ? Form.NUMBER : Form.NUMBERS;
          };
      columns.add(new OutputColumn(prefix + "prediction" + suffix, i, prediction));
      String values =
          output.values() == OutputMeaning.Values.PROBABILITIES ? "probability" : "score";
      switch (output.kind()) {
        case CLASS, BINARY_CLASS ->
            columns.add(new OutputColumn(prefix + values + suffix, i, Form.CLASS_VALUES));
        case LABELS -> columns.add(new OutputColumn(prefix + values + suffix, i, Form.NUMBERS));
        case NUMBERS -> {}
      }
    }
    return columns;
  }
}
