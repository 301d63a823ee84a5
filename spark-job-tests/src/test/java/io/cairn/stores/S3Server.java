/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stores;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.util.VersionInfo;
import org.awaitility.Awaitility;

/**
 * A real S3 server, s3proxy, in a process of its own: its libraries are not to be mixed with
 * Spark's. It knows no keys, and keeps its bucket in a folder, where a test can read objects as
 * files.
 *
 * <p>Who starts it closes it. Threading: safe everywhere.
 */
public final class S3Server implements AutoCloseable {

  /** The only bucket. */
  public static final String BUCKET = "runs";

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int OK = 200;
  private static final String LOGGING =
      """
      <configuration>
        <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
          <encoder><pattern>%d %level %logger{0} %msg%n</pattern></encoder>
        </appender>
        <root level="WARN"><appender-ref ref="OUT"/></root>
      </configuration>
      """;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Process process;
  private final Path data;
  private final int port;

  private S3Server(Process process, Path data, int port) {
    this.process = process;
    this.data = data;
    this.port = port;
  }

  /**
   * Starts it, with an empty bucket. A test that asks for one is skipped in the build for another
   * Hadoop than that of the S3A on its class path.
   */
  public static S3Server start(Path folder) throws IOException {
    String hadoop = VersionInfo.getVersion();
    assumeTrue(hadoop.equals(System.getProperty("cairn.s3a.hadoop")), "S3A for Hadoop " + hadoop);
    Path data = Files.createDirectories(folder.resolve("s3"));
    int port = freePort();
    Path settings = folder.resolve("s3proxy.conf");
    Files.write(
        settings,
        List.of(
            "s3proxy.authorization=none",
            "s3proxy.endpoint=http://127.0.0.1:" + port,
            "jclouds.provider=filesystem-nio2",
            "jclouds.filesystem.basedir=" + data,
            "jclouds.identity=nobody",
            "jclouds.credential=none"));
    Path logging = Files.writeString(folder.resolve("s3proxy-logging.xml"), LOGGING);
    Path log = folder.resolve("s3proxy.log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-Dlogback.configurationFile=" + logging,
                "-cp",
                System.getProperty("cairn.s3.server") + "/*",
                "org.gaul.s3proxy.Main",
                "--properties",
                settings.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    S3Server server = new S3Server(process, data, port);
    try {
      Awaitility.await()
          .atMost(LIMIT)
          .failFast(() -> !process.isAlive())
          .until(() -> server.put("", new byte[0]) == OK);
    } catch (RuntimeException e) {
      server.close();
      throw new AssertionError("no S3 server:\n" + Files.readString(log), e);
    }
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Where it listens on this machine. */
  int port() {
    return port;
  }

  /** Stores an object, or with an empty name makes the bucket; 0 while nobody listens. */
  private int put(String name, byte[] content) throws IOException, InterruptedException {
    URI address = URI.create("http://127.0.0.1:%d/%s/%s".formatted(port, BUCKET, name));
    try {
      return client
          .send(
              HttpRequest.newBuilder(name.isEmpty() ? address.resolve("../" + BUCKET) : address)
                  .PUT(BodyPublishers.ofByteArray(content))
                  .build(),
              BodyHandlers.discarding())
          .statusCode();
    } catch (ConnectException notYet) {
      return 0;
    }
  }

  /** Stores a file of this machine. */
  public void store(String name, Path file) throws IOException, InterruptedException {
    int answer = put(name, Files.readAllBytes(file));
    if (answer != OK) {
      throw new AssertionError(name + " could not be stored: " + answer);
    }
  }

  /** An object, as a file of this machine; not to be written to. */
  public Path file(String name) {
    return data.resolve(BUCKET).resolve(name);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    // Else it might write to a folder that is being deleted.
    process.onExit().join();
  }
}
