/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.scoring.OutputColumn;
import io.cairn.scoring.OutputColumn.Form;
import io.cairn.settings.SettingsException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.SchemaUtils;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;

/**
 * The columns of a network's inputs and outputs: the params that name them, and what follows from
 * these.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * <p>Failure: an IllegalArgumentException that names the param or the column.
 *
 * @param inputs a list with an entry an input, as {@code data.inputs}
 * @param outputs a list with an entry an output, as {@code data.outputs}
 * @param predictionCols names of the columns of predictions, one an output
 * @param probabilityCols names of the columns of probabilities, one an output
 */
record NetworkColumns(
    Param<String> inputs,
    Param<String> outputs,
    StringArrayParam predictionCols,
    StringArrayParam probabilityCols)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String COLUMNS = "columns";
  private static final String CLASSES = "classes";
  private static final String MAX_STEPS = "max-steps";
  private static final String SHAPE = "shape";

  /** The params of a stage. */
  static NetworkColumns of(CairnNetworkParams owner) {
    return new NetworkColumns(
        new Param<>(
            owner,
            "inputs",
            "a list with one entry a network's input, in its order, such as [{ columns = [a, b] }, {"
                + " columns = words, max-steps = 20 }]: columns, shape, max-steps, scale, image"
                + " (data.inputs)"),
        new Param<>(
            owner,
            "outputs",
            "a list with one entry a network's output, in its order, such as [{ columns = digit,"
                + " classes = 10 }, { columns = [x, y] }]: columns, shape, max-steps, classes"
                + " (data.outputs)"),
        new StringArrayParam(
            owner,
            "predictionCols",
            "names of the columns of predictions, one an output, empty to leave one out: of an output"
                + " with classes the class, else the number or a vector of the numbers; by default"
                + " prediction, with an underscore and the output's first column behind it where"
                + " there are several"),
        new StringArrayParam(
            owner,
            "probabilityCols",
            "names of the columns of the classes' probabilities, one an output, empty to leave one"
                + " out; by default as predictionCols, with probability; an output without classes"
                + " has none"));
  }

  /** What an output is, as far as its columns say. */
  private record Output(int number, List<String> columns, Map<String, Object> entry) {
    boolean isClass() {
      return entry.containsKey(CLASSES);
    }

    boolean isSequence() {
      return entry.containsKey(MAX_STEPS);
    }
  }

  /** Which columns mean what, as settings. */
  Map<String, Object> settings(CairnNetworkParams stage) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("data.inputs", entries(stage, inputs));
    values.put("data.outputs", entries(stage, outputs));
    return values;
  }

  /** All columns that a fit uses. */
  List<String> used(CairnNetworkParams stage, StructType schema) {
    Set<String> used = new LinkedHashSet<>();
    for (Param<String> list : List.of(inputs, outputs)) {
      for (Map<String, Object> entry : entries(stage, list)) {
        for (String column : columns(stage, list, entry)) {
          used.addAll(matching(stage, list, column, schema));
        }
      }
    }
    used.addAll(PredictorColumns.marks(stage));
    return List.copyOf(used);
  }

  /** The columns of the inputs are there. */
  void requireInputs(CairnNetworkParams stage, StructType schema) {
    for (Map<String, Object> entry : entries(stage, inputs)) {
      for (String column : columns(stage, inputs, entry)) {
        matching(stage, inputs, column, schema);
      }
    }
  }

  /**
   * Which outputs are single numbers, by the columns of their labels.
   *
   * @return 1 or 0 by a name each, as they are saved
   */
  Map<String, Integer> numbers(CairnNetworkParams stage, StructType schema) {
    Map<String, Integer> numbers = new TreeMap<>();
    for (Output output : outputsOf(stage)) {
      numbers.put(numberName(output), isNumber(stage, output, schema) ? 1 : 0);
    }
    return numbers;
  }

  /**
   * The schema with the columns of predictions and probabilities.
   *
   * @param numbers from {@link #numbers}
   */
  StructType withOutputs(
      CairnNetworkParams stage, StructType schema, Map<String, Integer> numbers) {
    StructType result = schema;
    for (OutputColumn column : added(stage, numbers)) {
      Output output = outputsOf(stage).get(column.output());
      DataType type =
          switch (column.form()) {
            case CLASS_NUMBER, NUMBER -> DataTypes.DoubleType;
            default -> SQLDataTypes.VectorType();
          };
      DataType full = output.isSequence() ? DataTypes.createArrayType(type, false) : type;
      result = SchemaUtils.appendColumn(result, column.name(), full, true);
    }
    return result;
  }

  /** The columns that scoring adds. */
  List<OutputColumn> added(CairnNetworkParams stage, Map<String, Integer> numbers) {
    List<Output> all = outputsOf(stage);
    List<String> predictions = names(stage, predictionCols, "prediction", all);
    List<String> probabilities = names(stage, probabilityCols, "probability", all);
    List<OutputColumn> columns = new ArrayList<>();
    for (Output output : all) {
      int i = output.number();
      boolean number = numbers.getOrDefault(numberName(output), 0) == 1;
      Form prediction = number ? Form.NUMBER : Form.VECTOR;
      if (!predictions.get(i).isEmpty()) {
        columns.add(
            new OutputColumn(
                predictions.get(i), i, output.isClass() ? Form.CLASS_NUMBER : prediction));
      }
      if (output.isClass() && !probabilities.get(i).isEmpty()) {
        columns.add(new OutputColumn(probabilities.get(i), i, Form.CLASS_VECTOR));
      }
    }
    return columns;
  }

  private List<Output> outputsOf(CairnNetworkParams stage) {
    List<Output> found = new ArrayList<>();
    for (Map<String, Object> entry : entries(stage, outputs)) {
      found.add(new Output(found.size(), columns(stage, outputs, entry), entry));
    }
    return found;
  }

  private static List<String> names(
      CairnNetworkParams stage, StringArrayParam param, String word, List<Output> outputs) {
    if (!stage.isDefined(param)) {
      return outputs.stream()
          .map(output -> outputs.size() == 1 ? word : word + "_" + output.columns().get(0))
          .toList();
    }
    List<String> names = Arrays.asList(stage.getOrDefault(param));
    if (names.size() != outputs.size()) {
      throw new IllegalArgumentException(
          "%s: %s has %d names, and the network has %d outputs; one an output"
              .formatted(stage.uid(), param.name(), names.size(), outputs.size()));
    }
    return names;
  }

  private static String numberName(Output output) {
    return "number" + output.number();
  }

  private static boolean isNumber(CairnNetworkParams stage, Output output, StructType schema) {
    if (output.columns().size() != 1 || output.entry().containsKey(SHAPE)) {
      return false;
    }
    List<String> columns = matching(stage, stage.outputs(), output.columns().get(0), schema);
    if (columns.size() != 1) {
      return false;
    }
    DataType type = schema.apply(columns.get(0)).dataType();
    if (output.isSequence()) {
      return type instanceof ArrayType array && isNumeric(array.elementType());
    }
    return isNumeric(type);
  }

  private static boolean isNumeric(DataType type) {
    return type instanceof NumericType || type.equals(DataTypes.BooleanType);
  }

  private static List<Map<String, Object>> entries(CairnNetworkParams stage, Param<String> list) {
    if (!stage.isDefined(list)) {
      throw new IllegalArgumentException(
          "%s: %s is not set: %s".formatted(stage.uid(), list.name(), list.doc()));
    }
    try {
      return ParamSettings.entries(stage, list);
    } catch (SettingsException e) {
      throw StageErrors.of(stage, e.problems().stream().map(Object::toString).toList(), e);
    }
  }

  private static List<String> columns(
      CairnNetworkParams stage, Param<String> list, Map<String, Object> entry) {
    Object columns = entry.get(COLUMNS);
    List<String> names = new ArrayList<>();
    if (columns instanceof List<?> several) {
      several.forEach(name -> names.add(String.valueOf(name)));
    } else if (columns != null) {
      names.add(String.valueOf(columns));
    }
    if (names.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: %s: an entry has no columns: %s".formatted(stage.uid(), list.name(), entry));
    }
    return names;
  }

  /** The columns that a name or pattern means. */
  private static List<String> matching(
      CairnNetworkParams stage, Param<String> list, String name, StructType schema) {
    List<String> all = Arrays.asList(schema.fieldNames());
    String[] parts = name.split("\\*", -1);
    String pattern = String.join(".*", Arrays.stream(parts).map(Pattern::quote).toList());
    List<String> found = all.stream().filter(column -> column.matches(pattern)).toList();
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: %s: column %s does not exist. Available: %s"
              .formatted(stage.uid(), list.name(), name, String.join(", ", all)));
    }
    return found;
  }
}
