/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Hive metastore in a folder: an embedded database, which one process at a time may open, and
 * tables beside it.
 *
 * <p>Threading: immutable.
 *
 * @param folder holds the database and the tables
 */
record HiveMetastore(Path folder) {

  private static final Path JARS = Path.of(System.getProperty("cairn.hive.jars"));
  private static final String MASTER = "local-cluster[2,1,1024]";

  /** Starts the program that makes tables here. */
  DriverProcess makeTables(Path logs, Path digits) throws IOException {
    List<String> jvm = jvm();
    settings().forEach((key, value) -> jvm.add("-D" + key + "=" + value));
    return DriverProcess.ofTests(logs, jvm, JARS + "/*", HiveTables.class, digits.toString());
  }

  /** Starts a driver of Cairn's by spark-submit, with Hive's jars for it and its executors. */
  DriverProcess submitted(Path logs, String... arguments) throws IOException {
    List<String> options = new ArrayList<>(List.of("--jars", jars()));
    settings().forEach((key, value) -> options.addAll(List.of("--conf", key + "=" + value)));
    return DriverProcess.submitted(logs, MASTER, jvm(), options, arguments);
  }

  /** Where tables are, and the database, which is made by who comes first. */
  private Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("spark.sql.warehouse.dir", folder.resolve("warehouse").toString());
    settings.put(
        "spark.hadoop.javax.jdo.option.ConnectionURL",
        "jdbc:derby:;databaseName=" + folder.resolve("metastore") + ";create=true");
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.hadoop.hive.exec.dynamic.partition.mode", "nonstrict");
    return settings;
  }

  /** The database writes a log where it is told to, or else where the process started. */
  private List<String> jvm() {
    return new ArrayList<>(List.of("-Dderby.system.home=" + folder));
  }

  private static String jars() throws IOException {
    if (!Files.isDirectory(JARS)) {
      throw new IllegalStateException(JARS + " is not there: spark-job-tests/hive makes it");
    }
    try (var jars = Files.list(JARS)) {
      return String.join(",", jars.map(Path::toString).sorted().toList());
    }
  }
}
