/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Handover;
import io.cairn.data.ModelDemand;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.DataSettings;
import io.cairn.settings.InputForm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;

/**
 * Finds the layout of an example: which columns make which field, and how many values each column
 * has. A schema does not give the width of arrays, vectors and bytes, so it is taken from one row.
 * The survey then checks that every row has the same width.
 *
 * <p>Threading: the driver's thread.
 */
final class Layouts {
  private final SourceTable table;
  private final List<ColumnSettings> inputs;
  private final List<ColumnSettings> outputs;
  private final ModelDemand demand;
  private final List<OptionalLong> known;
  private final List<String> problems = new ArrayList<>();

  private Layouts(
      SourceTable table,
      List<ColumnSettings> inputs,
      List<ColumnSettings> outputs,
      ModelDemand demand,
      List<OptionalLong> known) {
    this.table = table;
    this.inputs = inputs;
    this.outputs = outputs;
    this.demand = demand;
    this.known = known;
  }

  /**
   * The fields of the training data, inputs first.
   *
   * @throws DataException if columns are missing or cannot be trained on, or shapes do not fit
   */
  static List<FieldColumns> of(SourceTable table, DataSettings settings, ModelDemand demand) {
    return new Layouts(table, settings.inputs(), settings.outputs(), demand, List.of())
        .fields(settings.outputs());
  }

  /**
   * The fields of data that is to be scored.
   *
   * @param known how many values the model takes of each input, or of each of its time steps, where
   *     it says so: what rows are held to, instead of to one of them
   * @param outputs those that the rows must have; none where they are only scored
   * @throws DataException as {@link #of}
   */
  static List<FieldColumns> scored(
      SourceTable table,
      DataSettings settings,
      List<ColumnSettings> outputs,
      ModelDemand demand,
      List<OptionalLong> known) {
    return new Layouts(table, settings.inputs(), outputs, demand, known).fields(settings.outputs());
  }

  /**
   * The same fields out of another source of the same columns.
   *
   * @param problems takes a sentence for each column that does not fit
   */
  static List<FieldColumns> again(
      SourceTable other, List<FieldColumns> fields, List<String> problems) {
    List<FieldColumns> found = new ArrayList<>();
    for (FieldColumns field : fields) {
      List<SourceColumn> columns = new ArrayList<>();
      for (SourceColumn column : field.columns()) {
        Optional<ColumnType> type =
            field.field().encoding() instanceof Encoding.ClassIndex classes
                ? other.classType(column.name(), classes.names(), problems)
                : other.type(column.name(), problems);
        if (type.isPresent() && fits(field, type.get())) {
          columns.add(
              new SourceColumn(
                  column.name(), other.select(column.name()), type.get(), column.width()));
        } else if (type.isPresent()) {
          problems.add(misfit(other, field.field().maxSteps() > 0, column.name(), type.get()));
        }
      }
      found.add(field.over(columns, field.pictures() == null ? -1 : other.selectPath()));
    }
    other.reportUnusable(problems);
    return found;
  }

  /** An output of classes whose names come with the model, if the settings give none. */
  private static ColumnSettings named(ColumnSettings output, List<String> names) {
    return output.classes().orElse(0) == names.size() && output.classNames().isEmpty()
        ? new ColumnSettings(
            output.columns(), output.classes(), output.shape(), output.maxSteps(), names)
        : output;
  }

  /**
   * The column with the weights of a source's examples.
   *
   * @param problems takes a sentence if it is not there, or holds no numbers
   */
  static Optional<SourceColumn> weight(
      SourceTable table, Optional<String> column, List<String> problems) {
    if (column.isEmpty()) {
      return Optional.empty();
    }
    String name = column.get();
    Optional<ColumnType> type = table.type(name, problems);
    if (type.isPresent() && type.get() != ColumnType.SCALAR) {
      problems.add(
          "%s: column '%s' is %s; a weight (data.weight) is a number"
              .formatted(table.setting(), name, type.get().description()));
    }
    return type.map(found -> new SourceColumn(name, table.select(name), found, 1));
  }

  static ExampleLayout layout(
      ElementKind kind, List<FieldColumns> fields, ExampleLayout.Weights weights) {
    try {
      return new ExampleLayout(kind, fields.stream().map(FieldColumns::field).toList(), weights);
    } catch (IllegalArgumentException e) {
      throw new DataException(List.of(e.getMessage()), e);
    }
  }

  private static boolean fits(FieldColumns columns, ColumnType type) {
    if (columns.pictures() != null) {
      return isPicture(type);
    }
    Field field = columns.field();
    if (field.encoding() instanceof Encoding.ClassIndex) {
      return isClass(field.isSequence(), type);
    }
    return fits(field.isSequence(), type);
  }

  private static boolean fits(boolean sequence, ColumnType type) {
    return sequence
        ? type == ColumnType.ARRAY || type == ColumnType.NESTED || type == ColumnType.TEXTS
        : type != ColumnType.NESTED && type != ColumnType.TEXTS && type != ColumnType.IMAGE;
  }

  private static boolean isClass(boolean sequence, ColumnType type) {
    return sequence
        ? type == ColumnType.ARRAY || type == ColumnType.TEXTS
        : type == ColumnType.SCALAR || type == ColumnType.TEXT;
  }

  private static boolean isPicture(ColumnType type) {
    return type == ColumnType.BINARY || type == ColumnType.IMAGE;
  }

  private static String misfit(
      SourceTable table, boolean sequence, String column, ColumnType type) {
    String advice =
        sequence
            ? "a sequence is an array with a number, or an array of numbers, for each time step"
            : "that is a sequence, which needs max-steps";
    if (type == ColumnType.IMAGE) {
      advice =
          "data.inputs = [{ columns = %s, image = channels-last, shape = [...] }]"
              .formatted(column);
    }
    return "%s: column '%s' is %s; %s"
        .formatted(table.setting(), column, type.description(), advice);
  }

  private List<FieldColumns> fields(List<ColumnSettings> labels) {
    List<List<String>> names = table.resolve(inputs, outputs, labels, problems);
    stopIfWrong();
    Map<String, ColumnType> open = new LinkedHashMap<>();
    List<ColumnSettings> wanted = new ArrayList<>(inputs);
    for (int i = 0; i < outputs.size(); i++) {
      wanted.add(named(outputs.get(i), demand.classNames().get(i)));
    }
    for (int i = 0; i < wanted.size(); i++) {
      for (String name : names.get(i)) {
        checkType(wanted.get(i), name).ifPresent(type -> open.put(name, type));
        table.select(name);
      }
      if (wanted.get(i).classes().isPresent() && names.get(i).size() != 1) {
        problems.add(
            "%s: a class index is one column, not %d: %s"
                .formatted(table.setting(), names.get(i).size(), names.get(i)));
      }
    }
    table.reportUnusable(problems);
    stopIfWrong();
    Map<String, Integer> widths = widths(open, names);
    List<FieldColumns> fields = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      int before = inputs.size();
      Field.Role role = i < before ? Field.Role.INPUT : Field.Role.OUTPUT;
      Handover handover = i < before ? demand.inputs().get(i) : demand.outputs().get(i - before);
      field(wanted.get(i), names.get(i), open, widths, role)
          .map(found -> found.handedOver(handover))
          .ifPresent(fields::add);
    }
    stopIfWrong();
    return fields;
  }

  private void stopIfWrong() {
    if (!problems.isEmpty()) {
      throw new DataException(problems.stream().distinct().toList());
    }
  }

  private Optional<ColumnType> checkType(ColumnSettings wanted, String name) {
    Optional<ColumnType> type =
        wanted.classes().isPresent()
            ? table.classType(name, wanted.classNames(), problems)
            : table.type(name, problems);
    boolean sequence = wanted.maxSteps().isPresent();
    if (wanted.form().image() != InputForm.Image.NONE) {
      if (type.isPresent() && !isPicture(type.get())) {
        problems.add(
            "%s: column '%s' is %s; a picture is the bytes of a file, or what Spark's image source gives"
                .formatted(table.setting(), name, type.get().description()));
      }
      return type;
    }
    if (type.isPresent() && !fits(sequence, type.get())) {
      problems.add(misfit(table, sequence, name, type.get()));
    } else if (type.isPresent() && wanted.classes().isPresent()) {
      ColumnType one = sequence ? ColumnType.ARRAY : ColumnType.SCALAR;
      if (!isClass(sequence, type.get())) {
        problems.add(
            "%s: column '%s' is %s; a class index is %s"
                .formatted(table.setting(), name, type.get().description(), one.description()));
      }
    }
    return type;
  }

  /** Values that each column gives an example, or a time step. */
  private Map<String, Integer> widths(
      Map<String, ColumnType> types, List<List<String>> columnNames) {
    Map<String, ColumnType> open = new LinkedHashMap<>(types);
    open.values()
        .removeIf(type -> type == ColumnType.SCALAR || type == ColumnType.IMAGE || type.isText());
    inputs.stream()
        .filter(input -> input.form().image() != InputForm.Image.NONE)
        .forEach(input -> input.columns().forEach(open::remove));
    Map<String, Integer> widths = new LinkedHashMap<>();
    types.keySet().forEach(name -> widths.put(name, 1));
    for (int i = 0; i < known.size(); i++) {
      takeWidthOfModel(i, columnNames.get(i), open, widths);
    }
    if (open.isEmpty()) {
      return widths;
    }
    Optional<Row> sample = table.sample(open);
    if (sample.isEmpty()) {
      throw new DataException(
          List.of(
              "%s: %s is empty, or has no example with values in all of: %s"
                  .formatted(
                      table.setting(), table.source().name(), String.join(", ", open.keySet()))));
    }
    open.forEach(
        (name, type) -> widths.put(name, width(sample.get().get(table.select(name)), type)));
    return widths;
  }

  /** Where all columns of an input but one are numbers, the model says how long that one is. */
  private void takeWidthOfModel(
      int input, List<String> names, Map<String, ColumnType> open, Map<String, Integer> widths) {
    ColumnSettings columns = inputs.get(input);
    List<String> unknown =
        names.stream()
            .filter(open::containsKey)
            .filter(name -> columns.maxSteps().isEmpty() || open.get(name) != ColumnType.ARRAY)
            .toList();
    long shaped = columns.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    long width = columns.shape().isEmpty() ? known.get(input).orElse(0) : shaped;
    long rest = width - (names.size() - 1);
    if (unknown.size() == 1 && rest > 0 && rest <= Integer.MAX_VALUE) {
      widths.put(unknown.get(0), (int) rest);
      open.remove(unknown.get(0));
    }
    if (columns.maxSteps().isPresent()) {
      // An array is a value a step, whatever its length.
      names.stream().filter(name -> open.get(name) == ColumnType.ARRAY).forEach(open::remove);
    }
  }

  private static int width(Object value, ColumnType type) {
    return switch (type) {
      case SCALAR, TEXT, TEXTS, IMAGE -> 1;
      case BINARY -> ((byte[]) value).length;
      case VECTOR -> ((Vector) value).size();
      case ARRAY -> ((scala.collection.Seq<?>) value).length();
      case NESTED -> stepWidth(((scala.collection.Seq<?>) value).apply(0));
    };
  }

  private static int stepWidth(Object step) {
    if (step instanceof Vector vector) {
      return vector.size();
    }
    return step == null ? 0 : ((scala.collection.Seq<?>) step).length();
  }

  private Optional<FieldColumns> field(
      ColumnSettings wanted,
      List<String> names,
      Map<String, ColumnType> types,
      Map<String, Integer> widths,
      Field.Role role) {
    if (wanted.form().image() != InputForm.Image.NONE) {
      return Optional.of(pictures(wanted, names.get(0), types.get(names.get(0)), role));
    }
    List<SourceColumn> columns = new ArrayList<>();
    int width = 0;
    for (String name : names) {
      ColumnType type = types.get(name);
      // In a sequence an array is one value a step, however long it is.
      int columnWidth =
          wanted.maxSteps().isPresent() && type == ColumnType.ARRAY ? 1 : widths.get(name);
      columns.add(new SourceColumn(name, table.select(name), type, columnWidth));
      width = Math.addExact(width, columnWidth);
    }
    String label = String.join(", ", wanted.columns());
    if (width == 0) {
      problems.add(table.setting() + ": the columns of '" + label + "' hold no values");
      return Optional.empty();
    }
    return shape(wanted, label, width)
        .map(shape -> new FieldColumns(field(wanted, label, role, shape), columns));
  }

  private FieldColumns pictures(
      ColumnSettings wanted, String name, ColumnType type, Field.Role role) {
    List<Integer> shape = wanted.shape();
    Pictures pictures =
        wanted.form().image() == InputForm.Image.CHANNELS_FIRST
            ? new Pictures(
                shape.get(1),
                shape.get(2),
                shape.get(0),
                Pictures.Order.CHANNELS_FIRST,
                table.selectPath())
            : new Pictures(
                shape.get(0),
                shape.get(1),
                shape.get(2),
                Pictures.Order.CHANNELS_LAST,
                table.selectPath());
    SourceColumn column = new SourceColumn(name, table.select(name), type, pictures.values());
    return new FieldColumns(
        field(wanted, String.join(", ", wanted.columns()), role, shape),
        List.of(column),
        0,
        pictures);
  }

  private Optional<List<Integer>> shape(ColumnSettings wanted, String label, int width) {
    if (wanted.classes().isPresent() || wanted.shape().isEmpty()) {
      return Optional.of(List.of(width));
    }
    long values = wanted.shape().stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
    if (wanted.maxSteps().isPresent() && wanted.shape().size() != 1) {
      problems.add(
          "%s: '%s' is a sequence; the shape of a time step is [%d], not %s"
              .formatted(table.setting(), label, width, wanted.shape()));
      return Optional.empty();
    }
    if (values != width) {
      problems.add(
          "%s: the columns of '%s' hold %d values, but shape %s has %d"
              .formatted(table.setting(), label, width, wanted.shape(), values));
      return Optional.empty();
    }
    return Optional.of(wanted.shape());
  }

  private static Field field(
      ColumnSettings wanted, String label, Field.Role role, List<Integer> shape) {
    int maxSteps = wanted.maxSteps().orElse(0);
    if (wanted.classes().isPresent()) {
      int classes = wanted.classes().getAsInt();
      Field field =
          maxSteps == 0
              ? Field.classIndex(label, role, classes)
              : Field.classSequence(label, role, classes, maxSteps);
      return field.named(wanted.classNames());
    }
    return maxSteps == 0
        ? Field.array(label, role, shape)
        : Field.sequence(label, role, shape.get(0), maxSteps);
  }
}
