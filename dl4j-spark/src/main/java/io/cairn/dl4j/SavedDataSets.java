/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;
import org.nd4j.common.loader.Loader;
import org.nd4j.common.loader.Source;

/**
 * The examples of saved data sets, read where they are needed, from any Hadoop file system.
 *
 * <p>Threading: the task's thread. A data set that cannot be loaded is a problem that names its
 * path.
 *
 * @param <T> what a file holds
 */
final class SavedDataSets<T> implements FlatMapFunction<String, byte[]> {
  private static final long serialVersionUID = 1L;

  private final Loader<T> loader;
  private final Splitting<T> split;
  private final ExampleSplitter splitter;
  private final Broadcast<SerializableConfiguration> hadoop;

  /** Splits what was loaded. */
  interface Splitting<T> extends Function<T, List<byte[]>>, java.io.Serializable {}

  SavedDataSets(
      Loader<T> loader,
      Splitting<T> split,
      ExampleSplitter splitter,
      Broadcast<SerializableConfiguration> hadoop) {
    this.loader = loader;
    this.split = split;
    this.splitter = splitter;
    this.hadoop = hadoop;
  }

  @Override
  public Iterator<byte[]> call(String path) {
    T loaded;
    try {
      loaded = loader.load(new HadoopFile(new Path(path), hadoop.value()));
    } catch (IOException | RuntimeException e) {
      return splitter
          .unreadable("%s: no data set can be loaded from it: %s".formatted(path, e))
          .iterator();
    }
    return split.apply(loaded).iterator();
  }

  private record HadoopFile(Path path, SerializableConfiguration hadoop) implements Source {
    @Override
    public InputStream getInputStream() throws IOException {
      return path.getFileSystem(hadoop.value()).open(path);
    }

    @Override
    public String getPath() {
      return path.toString();
    }
  }
}
