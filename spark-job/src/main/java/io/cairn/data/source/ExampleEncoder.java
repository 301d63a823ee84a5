/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.source.ProblemCounts.ProblemKind;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.ml.linalg.SparseVector;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;

/**
 * Makes the record of an example from a row, unscaled. A value that cannot be trained on is counted
 * and not thrown, so that the operator hears of all of them at once.
 *
 * <p>Threading: immutable, safe everywhere; the counts belong to the calling thread.
 */
final class ExampleEncoder implements Serializable {
  private static final long serialVersionUID = 1L;

  private final ExampleLayout layout;
  private final List<FieldColumns> fields;

  /** At most one. An Optional would not travel. */
  private final List<SourceColumn> weight;

  private final int recordBytes;
  private final int[] offsets;

  /** Of each field of plain numbers, the places of its columns in a row; null of any other. */
  private final int[][] plain;

  /**
   * @param weight the column with the weights; empty: a layout with weights holds ones
   */
  ExampleEncoder(ExampleLayout layout, List<FieldColumns> fields, Optional<SourceColumn> weight) {
    this.layout = layout;
    this.fields = List.copyOf(fields);
    this.weight = weight.stream().toList();
    this.recordBytes = layout.recordBytes();
    this.offsets = IntStream.rangeClosed(0, this.fields.size()).map(layout::offset).toArray();
    this.plain = this.fields.stream().map(ExampleEncoder::plain).toArray(int[][]::new);
  }

  private static int[] plain(FieldColumns field) {
    return field.isPlainNumbers()
        ? field.columns().stream().mapToInt(SourceColumn::rowIndex).toArray()
        : null;
  }

  /**
   * The record of a row, in an array of its own; empty if a value cannot be used, which is then
   * counted.
   */
  Optional<byte[]> encode(Cells row, ProblemCounts problems) {
    Writing writing = new Writing(layout.kind(), recordBytes, problems);
    problems.nextExample();
    for (int i = 0; i < offsets.length - 1; i++) {
      writing.base = offsets[i];
      if (plain[i] != null) {
        writing.numbers(row, fields.get(i), plain[i]);
      } else {
        writing.field(row, fields.get(i));
      }
    }
    if (layout.isWeighted()) {
      writing.base = offsets[offsets.length - 1];
      writing.weight(row, weight);
    }
    return writing.finished();
  }

  /** The same of a row that Spark has handed out. */
  Optional<byte[]> encode(Row row, ProblemCounts problems) {
    return encode(new RowCells(row), problems);
  }

  /** The record of one row, being written. */
  private static final class Writing {
    private final ElementKind kind;
    private final ByteBuffer record;
    private final ProblemCounts problems;
    private int base;
    private long indices;
    private boolean sound = true;

    Writing(ElementKind kind, int recordBytes, ProblemCounts problems) {
      this.kind = kind;
      this.record = ByteBuffer.allocate(recordBytes).order(ExampleLayout.BYTE_ORDER);
      this.problems = problems;
    }

    Optional<byte[]> finished() {
      return sound ? Optional.of(record.array()) : Optional.empty();
    }

    private void refuse(SourceColumn column, ProblemKind problem, String detail) {
      sound = false;
      problems.add(column.name(), problem, detail);
    }

    void weight(Cells row, List<SourceColumn> column) {
      if (column.isEmpty()) {
        record.putDouble(base, 1);
        return;
      }
      int index = column.get(0).rowIndex();
      boolean isThere = !row.isNull(index);
      double weight = isThere ? row.number(index) : 0;
      if (!isThere) {
        refuse(column.get(0), ProblemKind.NULL, "");
      } else if (Double.isNaN(weight)) {
        refuse(column.get(0), ProblemKind.NOT_A_NUMBER, "");
      } else if (Double.isInfinite(kind.round(weight))) {
        refuse(column.get(0), ProblemKind.INFINITE, Values.text(weight));
      } else if (weight < 0) {
        refuse(column.get(0), ProblemKind.NEGATIVE, Values.text(weight));
      } else {
        record.putDouble(base, weight + 0.0); // no negative zero
      }
    }

    void field(Cells row, FieldColumns source) {
      Field field = source.field();
      indices = source.indices();
      if (source.pictures() != null) {
        picture(row, source);
      } else if (field.isSequence()) {
        sequence(row, source);
      } else {
        int at = 0;
        for (SourceColumn column : source.columns()) {
          value(row, field, column, at);
          at += column.width();
        }
      }
    }

    private void value(Cells row, Field field, SourceColumn column, int at) {
      if (row.isNull(column.rowIndex())) {
        refuse(column, ProblemKind.NULL, "");
      } else if (column.type() == ColumnType.SCALAR) {
        write(field, column, row.number(column.rowIndex()), at);
      } else {
        values(field, column, row.value(column.rowIndex()), at, 1);
      }
    }

    /** What nearly all values of wide tables are: what holds for all of them is decided before. */
    void numbers(Cells row, FieldColumns source, int[] rowIndices) {
      indices = 0;
      if (kind == ElementKind.FLOAT32) {
        for (int i = 0, at = base; i < rowIndices.length; i++, at += Float.BYTES) {
          int index = rowIndices[i];
          float number = row.isNull(index) ? Float.NaN : (float) row.number(index);
          if (Float.isFinite(number)) {
            record.putFloat(at, number);
          } else {
            value(row, source.field(), source.columns().get(i), i);
          }
        }
        return;
      }
      for (int i = 0, at = base; i < rowIndices.length; i++, at += Double.BYTES) {
        int index = rowIndices[i];
        double number = row.isNull(index) ? Double.NaN : row.number(index);
        if (Double.isFinite(number)) {
          record.putDouble(at, number);
        } else {
          value(row, source.field(), source.columns().get(i), i);
        }
      }
    }

    private void picture(Cells row, FieldColumns source) {
      SourceColumn column = source.columns().get(0);
      Object value = row.value(column.rowIndex());
      if (value == null) {
        refuse(column, ProblemKind.NULL, "");
        return;
      }
      source
          .pictures()
          .decode(
              value,
              row,
              new Pictures.Sink() {
                @Override
                public void value(int index, int value) {
                  write(source.field(), column, value, index);
                }

                @Override
                public void refuse(ProblemKind kind, String detail) {
                  Writing.this.refuse(column, kind, detail);
                }
              });
    }

    /** Values are laid out channel by channel: [channels, maxSteps]. */
    private void sequence(Cells row, FieldColumns source) {
      Field field = source.field();
      int steps = -1;
      int channel = 0;
      for (SourceColumn column : source.columns()) {
        Object value = row.value(column.rowIndex());
        int length = value == null ? -1 : Values.length(value);
        if (value == null) {
          refuse(column, ProblemKind.NULL, "");
        } else if (length == 0) {
          refuse(column, ProblemKind.NO_STEPS, "");
        } else if (length > field.maxSteps()) {
          refuse(column, ProblemKind.TOO_MANY_STEPS, length + ", at most " + field.maxSteps());
        } else if (steps >= 0 && length != steps) {
          refuse(column, ProblemKind.UNEQUAL_STEPS, length + " instead of " + steps);
        } else {
          steps = length;
          for (int step = 0; step < steps; step++) {
            step(field, column, Values.element(value, step), channel, step);
          }
        }
        channel += column.width();
      }
      record.putInt(base + field.valueBytes(kind), Math.max(0, steps));
    }

    private void step(Field field, SourceColumn column, Object value, int channel, int step) {
      if (value == null) {
        refuse(column, ProblemKind.NULL, "");
      } else if (field.encoding() instanceof Encoding.ClassIndex) {
        values(field, column, value, step, 1);
      } else {
        values(field, column, value, channel * field.maxSteps() + step, field.maxSteps());
      }
    }

    /** Writes what one column gives (to one step), {@code stride} values apart. */
    private void values(Field field, SourceColumn column, Object value, int first, int stride) {
      if (value instanceof String name) {
        writeName(field, column, name, first);
        return;
      }
      int length = Values.isScalar(value) ? 1 : Values.length(value);
      if (length != column.width()) {
        refuse(column, ProblemKind.WRONG_LENGTH, length + " instead of " + column.width());
        return;
      }
      if (value instanceof byte[] bytes) {
        for (int i = 0; i < length; i++) {
          write(field, column, bytes[i] & 0xff, first + i * stride);
        }
      } else if (value instanceof SparseVector sparse) {
        // A fresh record is all zeros.
        int[] indices = sparse.indices();
        for (int i = 0; i < indices.length; i++) {
          write(field, column, sparse.values()[i], first + indices[i] * stride);
        }
      } else if (value instanceof Vector vector) {
        dense(field, column, vector.toArray(), first, stride);
      } else {
        for (int i = 0; i < length; i++) {
          Object element = Values.isScalar(value) ? value : Values.element(value, i);
          if (element == null) {
            refuse(column, ProblemKind.NULL, "");
          } else {
            write(field, column, Values.number(element), first + i * stride);
          }
        }
      }
    }

    /** As {@link #numbers}: what holds for all values is decided before. */
    private void dense(Field field, SourceColumn column, double[] values, int first, int stride) {
      boolean isPlain =
          kind == ElementKind.FLOAT32
              && indices == 0
              && !(field.encoding() instanceof Encoding.ClassIndex);
      for (int i = 0; i < values.length; i++) {
        int index = first + i * stride;
        float number = (float) values[i];
        if (isPlain && Float.isFinite(number)) {
          record.putFloat(base + index * Float.BYTES, number);
        } else {
          write(field, column, values[i], index);
        }
      }
    }

    private void write(Field field, SourceColumn column, double number, int index) {
      if (field.encoding() instanceof Encoding.ClassIndex c) {
        writeClass(c.classes(), column, number, index);
      } else if (Double.isNaN(number)) {
        refuse(column, ProblemKind.NOT_A_NUMBER, "");
      } else if (Double.isInfinite(kind.round(number))) {
        refuse(column, ProblemKind.INFINITE, Values.text(number));
      } else if (indices > 0 && !(number >= 0 && number < indices && number == Math.rint(number))) {
        String detail = "%s, where it has 0 to %d".formatted(Values.text(number), indices - 1);
        refuse(column, ProblemKind.NOT_AN_INDEX, detail);
      } else if (kind == ElementKind.FLOAT32) {
        record.putFloat(base + index * Float.BYTES, (float) number);
      } else {
        record.putDouble(base + index * Double.BYTES, number);
      }
    }

    private void writeName(Field field, SourceColumn column, String name, int index) {
      Encoding.ClassIndex classes = (Encoding.ClassIndex) field.encoding();
      int found = classes.names().indexOf(name);
      if (found < 0) {
        refuse(
            column,
            ProblemKind.NOT_A_NAME,
            Values.shown(name) + ", which is none of " + classes.shown());
      } else {
        record.putInt(base + index * Integer.BYTES, found);
      }
    }

    private void writeClass(int classes, SourceColumn column, double number, int index) {
      if (Double.isNaN(number)) {
        refuse(column, ProblemKind.NOT_A_NUMBER, "");
      } else if (number < 0 || number >= classes || number != Math.rint(number)) {
        String detail =
            "%s, where %d classes are 0 to %d".formatted(Values.text(number), classes, classes - 1);
        refuse(column, ProblemKind.NOT_A_CLASS, detail);
      } else {
        record.putInt(base + index * Integer.BYTES, (int) number);
      }
    }
  }

  /** What Spark hands out for the types that {@link ColumnType} admits. */
  private static final class Values {
    private Values() {}

    static boolean isScalar(Object value) {
      return value instanceof Number || value instanceof Boolean;
    }

    static int length(Object value) {
      if (value instanceof scala.collection.Seq<?> seq) {
        return seq.length();
      }
      if (value instanceof byte[] bytes) {
        return bytes.length;
      }
      return ((Vector) value).size();
    }

    static Object element(Object array, int index) {
      return ((scala.collection.Seq<?>) array).apply(index);
    }

    /** A number as the operator knows it: integral ones without a fraction. */
    static String text(double number) {
      return number == Math.rint(number) && Math.abs(number) < 1e15
          ? Long.toString((long) number)
          : Double.toString(number);
    }

    /** A text as a message shows it. */
    static String shown(String text) {
      String line = text.replaceAll("\\p{Cntrl}", "?");
      return "'" + (line.length() > 60 ? line.substring(0, 60) + "..." : line) + "'";
    }

    static double number(Object value) {
      return value instanceof Boolean truth ? (truth ? 1 : 0) : ((Number) value).doubleValue();
    }
  }
}
