/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.checkpoint.FileSystems;
import io.cairn.data.source.Frames;
import io.cairn.data.source.OpenedData;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.HeadStart;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.settings.Settings;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.sql.SparkSession;

/**
 * Writes the settings' model as Deeplearning4j's JSON.
 *
 * <p>Threading: the driver's thread.
 *
 * <p>Failure: a {@link ModelException}, a {@link LaunchException} or a {@link
 * io.cairn.data.DataException}, for the operator; an IOException where a file system fails.
 *
 * @param notes what the user should know of the model, a sentence each
 */
public record ModelExport(List<String> notes) {

  public ModelExport {
    notes = List.copyOf(notes);
  }

  /**
   * Writes it.
   *
   * @param workers of the run, which the data must have examples for
   * @param to a file that is not there yet
   */
  public static ModelExport of(Settings settings, int workers, SparkSource.Own source, String to)
      throws IOException {
    requireNew(to, ModelToScore.hadoop(source.conf()));
    ComputeDevice.prepareProcess();
    HeadStart.begin();
    try (SparkSession spark = SparkSession.builder().config(source.conf()).getOrCreate()) {
      return write(spark, settings, workers, to);
    }
  }

  static ModelExport write(SparkSession spark, Settings settings, int workers, String to)
      throws IOException {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    requireNew(to, hadoop);
    ModelSource model = model(spark, settings, workers, hadoop);
    String json =
        model
            .configurationJson()
            .orElseThrow(
                () -> new ModelException("the model is no network of Deeplearning4j's layers"));
    write(json, to, hadoop);
    List<String> notes = new ArrayList<>(model.notes());
    if (settings.train().updater().isPresent()) {
      notes.remove(DescribedModel.DEFAULT_UPDATER);
      notes.add(
          "train.updater is not in it; a run of these settings puts it in place of the model's own updater");
    }
    if (model.isTrained()) {
      notes.add("the model's parameters are not in it, only its configuration");
    }
    return new ModelExport(notes);
  }

  private static ModelSource model(
      SparkSession spark, Settings settings, int workers, Configuration hadoop) throws IOException {
    if (settings.model().source().isPresent()) {
      ModelSource read =
          ModelFile.read("model.source", settings.model().source().get(), hadoop, settings.seed());
      return settings
          .model()
          .fineTune()
          .map(fineTune -> read.fineTuned(fineTune, settings.seed()))
          .orElse(read);
    }
    try (OpenedData opened =
        OpenedData.sources(spark, Frames.none(), settings.data(), workers, settings.seed())) {
      return ModelOfSettings.of(settings, opened);
    }
  }

  private static void requireNew(String to, Configuration hadoop) throws IOException {
    try {
      Path path = new Path(to);
      if (FileSystems.of(path, hadoop).exists(path)) {
        throw exists(to);
      }
    } catch (IllegalArgumentException | UnsupportedFileSystemException e) {
      throw misplaced(to, e);
    } catch (IOException e) {
      AccessRefusal refused = AccessRefusal.in(e).orElseThrow(() -> e);
      throw new LaunchException(List.of("--to %s: %s".formatted(to, refused.sentence())));
    }
  }

  private static LaunchException misplaced(String to, Exception e) {
    return new LaunchException(
        List.of("--to %s: %s; name a file that can be written".formatted(to, e.getMessage())));
  }

  private static void write(String json, String to, Configuration hadoop) throws IOException {
    Path path = new Path(to);
    FileSystem files = path.getFileSystem(hadoop);
    try (OutputStream out = files.create(path, false)) {
      out.write(json.getBytes(StandardCharsets.UTF_8));
    } catch (FileAlreadyExistsException e) {
      throw exists(to);
    } catch (AccessControlException | FileNotFoundException | ParentNotDirectoryException e) {
      throw misplaced(to, e);
    }
  }

  private static LaunchException exists(String to) {
    return new LaunchException(
        List.of("--to %s is there already; name a file that is not".formatted(to)));
  }
}
