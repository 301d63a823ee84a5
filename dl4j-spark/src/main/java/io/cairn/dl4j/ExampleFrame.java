/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import io.cairn.api.InvalidJobException;
import io.cairn.dl4j.NetworkDemand.ArrayDemand;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;

/**
 * The examples of an RDD of data sets as a data frame with a row each, and what the settings say of
 * its columns. They are kept by Spark as long as this is open, so that a run, which reads its data
 * more than once, does not make them again.
 *
 * <p>Who opens it closes it. Threading: the driver's thread.
 *
 * <p>Failure: an {@link InvalidJobException} with all that is wrong with the data sets.
 */
final class ExampleFrame implements AutoCloseable {

  private final JavaRDD<byte[]> examples;
  private final Dataset<Row> rows;
  private final List<Map<String, Object>> inputs;
  private final List<Map<String, Object>> outputs;

  private ExampleFrame(
      JavaRDD<byte[]> examples,
      Dataset<Row> rows,
      List<Map<String, Object>> inputs,
      List<Map<String, Object>> outputs) {
    this.examples = examples;
    this.rows = rows;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Splits data sets and looks at all examples: one pass over them.
   *
   * @param data the data sets, or what they are loaded from
   * @param split the examples of each
   * @param level how Spark keeps the examples
   */
  static <T> ExampleFrame open(
      SparkSession session,
      NetworkDemand demand,
      JavaRDD<T> data,
      FlatMapFunction<T, byte[]> split,
      StorageLevel level) {
    JavaRDD<byte[]> examples = data.flatMap(split).persist(level);
    try {
      ExampleSurvey survey = new ExampleSurvey(demand);
      examples
          .mapPartitions(part -> List.of(ExampleSurvey.of(demand, part)).iterator())
          .collect()
          .forEach(survey::merge);
      List<String> problems = survey.problems();
      if (!problems.isEmpty()) {
        throw new InvalidJobException(problems);
      }
      List<ColumnForm> forms = ColumnForm.of(survey);
      return new ExampleFrame(
          examples,
          session.createDataFrame(rows(examples, demand, forms), schema(demand, forms)),
          settings(demand.inputs(), forms),
          settings(demand.outputs(), forms.subList(demand.inputs().size(), forms.size())));
    } catch (RuntimeException e) {
      examples.unpersist();
      throw e;
    }
  }

  private static JavaRDD<Row> rows(
      JavaRDD<byte[]> examples, NetworkDemand demand, List<ColumnForm> forms) {
    List<ColumnForm> serializable = new ArrayList<>(forms);
    return examples.map(
        bytes -> {
          Example.Sound example = (Example.Sound) Example.of(bytes, demand.precision());
          Object[] values = new Object[serializable.size()];
          for (int i = 0; i < values.length; i++) {
            values[i] = serializable.get(i).value(example.arrays().get(i));
          }
          return RowFactory.create(values);
        });
  }

  private static StructType schema(NetworkDemand demand, List<ColumnForm> forms) {
    StructType schema = new StructType();
    List<ArrayDemand> arrays = demand.arrays();
    for (int i = 0; i < arrays.size(); i++) {
      schema =
          schema.add(
              StructField.apply(
                  arrays.get(i).column(),
                  forms.get(i).type(),
                  false,
                  org.apache.spark.sql.types.Metadata.empty()));
    }
    return schema;
  }

  private static List<Map<String, Object>> settings(
      List<ArrayDemand> arrays, List<ColumnForm> forms) {
    List<Map<String, Object>> settings = new ArrayList<>();
    for (int i = 0; i < arrays.size(); i++) {
      Map<String, Object> entry = new TreeMap<>(forms.get(i).settings());
      entry.put("columns", List.of(arrays.get(i).column()));
      settings.add(entry);
    }
    return settings;
  }

  /** A row an example. */
  Dataset<Row> rows() {
    return rows;
  }

  /** What {@code data.inputs} says. */
  List<Map<String, Object>> inputs() {
    return inputs;
  }

  /** What {@code data.outputs} says. */
  List<Map<String, Object>> outputs() {
    return outputs;
  }

  @Override
  public void close() {
    examples.unpersist();
  }
}
