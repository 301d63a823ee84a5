/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.api.records.ApplicationId;
import org.apache.hadoop.yarn.api.records.ApplicationReport;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.exceptions.YarnException;

/**
 * {@link MiniYarn} in a process of its own.
 *
 * <p>Who starts it closes it. Threading: one thread.
 */
final class YarnProcess implements AutoCloseable {

  private final HadoopProcess yarn;
  private final Path folder;

  private YarnProcess(HadoopProcess yarn, Path folder) {
    this.yarn = yarn;
    this.folder = folder;
  }

  /** Starts it and waits until it takes applications. */
  static YarnProcess start(Path folder) throws IOException {
    return new YarnProcess(
        HadoopProcess.start(MiniYarn.class, MiniYarn.READY, folder, folder.toString()), folder);
  }

  /** For {@code HADOOP_CONF_DIR}. */
  Path conf() {
    return folder.resolve("conf");
  }

  /** The processes of an application's executors. */
  List<ProcessHandle> executors(String application) {
    return ExecutorProcesses.of(application, yarn.process().descendants());
  }

  /** What all containers of an application wrote to a file of theirs, stdout or stderr. */
  List<String> logs(String application, String file) throws IOException {
    List<String> logs = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.filter(Files::isRegularFile).sorted().toList()) {
        if (path.endsWith(file) && path.toString().contains("/" + application + "/container_")) {
          logs.add(Files.readString(path));
        }
      }
    }
    return logs;
  }

  /** What the resource manager says of an application. */
  ApplicationReport report(String application) throws IOException, YarnException {
    return asked(client -> client.getApplicationReport(ApplicationId.fromString(application)));
  }

  /** How often YARN started an application's driver. */
  int drivers(String application) throws IOException, YarnException {
    return asked(client -> client.getApplicationAttempts(ApplicationId.fromString(application)))
        .size();
  }

  /** Ends an application as an administrator does. */
  void kill(String application) throws IOException, YarnException {
    asked(
        client -> {
          client.killApplication(ApplicationId.fromString(application));
          return application;
        });
  }

  private <T> T asked(Question<T> question) throws IOException, YarnException {
    Configuration conf = new Configuration();
    conf.addResource(new org.apache.hadoop.fs.Path(conf().resolve("yarn-site.xml").toUri()));
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(conf);
      client.start();
      return question.ask(client);
    }
  }

  /** Something that the resource manager knows. */
  private interface Question<T> {
    T ask(YarnClient client) throws IOException, YarnException;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    yarn.close();
  }
}
