/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.File;
import java.nio.file.Path;
import org.apache.spark.SparkFunSuite;
import org.apache.spark.ml.util.DefaultReadWriteTest;

/** Spark's own test of saving and loading, which a Scala suite would mix in. */
final class SparkReadWrite extends SparkFunSuite implements DefaultReadWriteTest {

  private static final long serialVersionUID = 1L;

  private File folder;

  SparkReadWrite(Path folder) {
    this.folder = folder.toFile();
  }

  @Override
  public void beforeAll() {}

  @Override
  public void afterAll() {}

  @Override
  public File org$apache$spark$ml$util$TempDirectory$$_tempDir() {
    return folder;
  }

  @Override
  public void org$apache$spark$ml$util$TempDirectory$$_tempDir_$eq(File other) {
    folder = other;
  }
}
