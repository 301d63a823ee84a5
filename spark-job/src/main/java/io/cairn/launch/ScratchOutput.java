/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/**
 * Where a run lives that nobody has given a directory: long enough to recover from a lost executor,
 * and gone with its end. Driver and executors must both reach it: on one machine it is Spark's
 * local directory, else Spark's checkpoint directory, if the program has set one, else the home
 * directory on a default file system that is not local.
 *
 * <p>Nothing is there before the run begins. Who asks for it deletes it.
 *
 * <p>Threading: immutable.
 *
 * @param location the directory
 * @param hadoop knows its file system
 */
public record ScratchOutput(String location, Configuration hadoop) {

  private static final Logger LOG = LoggerFactory.getLogger(ScratchOutput.class);

  /**
   * Finds a place.
   *
   * @throws LaunchException if there is none that all would reach
   */
  public static ScratchOutput of(SparkSession session) throws IOException {
    SparkContext spark = session.sparkContext();
    Configuration hadoop = spark.hadoopConfiguration();
    String name = "cairn-" + spark.applicationId() + "-" + UUID.randomUUID();
    boolean oneMachine = spark.isLocal() || spark.master().startsWith("local-cluster");
    if (oneMachine) {
      Path local = Path.of(Utils.getLocalDir(spark.getConf()));
      return new ScratchOutput(local.resolve(name).toUri().toString(), hadoop);
    }
    Option<String> checkpoints = spark.getCheckpointDir();
    if (checkpoints.isDefined()) {
      return new ScratchOutput(checkpoints.get() + "/" + name, hadoop);
    }
    FileSystem files = FileSystem.get(hadoop);
    if (files.getScheme().equals("file")) {
      throw new LaunchException(
          List.of(
              "output: not given, and what driver and executors share is not known: give a directory that all of them reach, or set SparkContext.setCheckpointDir() to one"));
    }
    return new ScratchOutput(
        new org.apache.hadoop.fs.Path(files.getHomeDirectory(), ".cairn/" + name).toString(),
        hadoop);
  }

  /** Deletes what the run has left. */
  public void delete() {
    try {
      org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(location);
      path.getFileSystem(hadoop).delete(path, true);
    } catch (IOException | RuntimeException e) {
      LOG.warn("{} could not be deleted: {}", location, e.toString());
    }
  }
}
