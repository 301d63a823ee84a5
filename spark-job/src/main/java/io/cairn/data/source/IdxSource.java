/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import io.cairn.settings.SourcePlace;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import org.apache.spark.util.TaskCompletionListener;

/**
 * The format {@code idx}: a file of images and a file of labels, as MNIST has them. They become a
 * data set with the columns {@code pixels} (unsigned bytes) and {@code label}.
 *
 * <p>The path names the images. The labels are named by the option {@code labels}, or else found
 * beside the images ({@code train-images-idx3-ubyte} and {@code train-labels-idx1-ubyte}).
 */
final class IdxSource {
  /** The name of the format in settings. */
  static final String FORMAT = "idx";

  private static final String LABELS = "labels";
  private static final int SPLIT_BYTES = 8 << 20;

  private IdxSource() {}

  static Dataset<Row> open(SparkSession spark, SourcePlace.Files source) throws IOException {
    TreeSet<String> unknown = new TreeSet<>(source.options().keySet());
    unknown.remove(LABELS);
    if (!unknown.isEmpty()) {
      throw new DataException(
          List.of("unknown options of the format idx: " + unknown + "; it has " + LABELS));
    }
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    String imagePath = source.path().orElseThrow();
    String given = source.options().get(LABELS);
    String labelPath = given == null ? labelsBeside(imagePath) : given;
    IdxFile images = IdxFile.open(imagePath, 2, 4, hadoop);
    IdxFile labels = IdxFile.open(labelPath, 1, 1, hadoop);
    if (images.items() != labels.items()) {
      throw new DataException(
          List.of(
              "%s holds %d images, but %s holds %d labels"
                  .formatted(imagePath, images.items(), labelPath, labels.items())));
    }
    return rows(spark, new Split(images, labels, new SerializableConfiguration(hadoop)));
  }

  private static String labelsBeside(String images) {
    int name = images.lastIndexOf('/') + 1;
    String labels = images.substring(name).replace("images", "labels").replace("idx3", "idx1");
    if (labels.equals(images.substring(name))) {
      throw new DataException(
          List.of(
              "no label file can be derived from "
                  + images
                  + ", whose name has no 'images' in it; name it in options { labels = ... }"));
    }
    return images.substring(0, name) + labels;
  }

  private static Dataset<Row> rows(SparkSession spark, Split split) {
    StructType schema =
        new StructType()
            .add("pixels", DataTypes.BinaryType, false)
            .add("label", DataTypes.IntegerType, false);
    List<Integer> firsts = new ArrayList<>();
    for (long first = 0; first < split.images().items(); first += split.items()) {
      firsts.add((int) first);
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    JavaRDD<Row> rows =
        context
            .parallelize(firsts, Math.max(1, firsts.size()))
            .mapPartitions(
                iterator ->
                    iterator.hasNext() ? split.read(iterator.next()) : List.<Row>of().iterator());
    return spark.createDataFrame(rows, schema);
  }

  /** Reads a part of the two files. */
  private record Split(IdxFile images, IdxFile labels, SerializableConfiguration hadoop)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Items of one part; a compressed file has but one. */
    int items() {
      boolean whole = images.isCompressed() || labels.isCompressed();
      return whole ? Integer.MAX_VALUE : Math.max(1, SPLIT_BYTES / images.itemBytes());
    }

    Iterator<Row> read(int first) throws IOException {
      int count = Math.min(items(), images.items() - first);
      DataInputStream pixels = images.items(first, hadoop.value());
      // Also where the rows are not read to the end.
      TaskCompletionListener closing = task -> close(pixels);
      TaskContext.get().addTaskCompletionListener(closing);
      try (DataInputStream classes = labels.items(first, hadoop.value())) {
        return new Rows(pixels, classes.readNBytes(count), images.itemBytes());
      }
    }
  }

  private static void close(DataInputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The rows of one part. */
  private static final class Rows implements Iterator<Row> {
    private final DataInputStream pixels;
    private final byte[] labels;
    private final int itemBytes;
    private int row;

    Rows(DataInputStream pixels, byte[] labels, int itemBytes) {
      this.pixels = pixels;
      this.labels = labels;
      this.itemBytes = itemBytes;
    }

    @Override
    public boolean hasNext() {
      return row < labels.length;
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      try {
        byte[] item = new byte[itemBytes];
        pixels.readFully(item);
        int label = labels[row] & 0xff;
        row++;
        return RowFactory.create(item, label);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
