/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What it costs until the ranks of a run have their shards of a wide table: beside Spark's own
 * reading and shuffling of the same columns, and again after the loss of one of four executors.
 *
 * <p>Both start cold, and the time of both begins with the start of the command.
 */
final class DataBench implements Bench.Benchmark {

  private static final int COLUMNS = 100;
  private static final int WORKERS = 4;
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
  private static final Pattern ATTEMPT = Pattern.compile("^(.{23}) .*attempt (\\d+) goes on after");
  private static final Pattern COME = Pattern.compile("^(.{23}) .*all \\d+ ranks have come");
  private static final Pattern READ = Pattern.compile("examples were read in ([0-9.]+) s");

  private final int rows;

  DataBench(int rows) {
    this.rows = rows;
  }

  @Override
  public String summary() {
    return "from the start to staged shards of a table of 100 columns (data:ROWS; a million rows)";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    Path table = home.scratch().resolve("table");
    seconds(home, "table", table, rows);
    double megabytes = bytes(table) / 1e6;
    double plain = seconds(home, "shuffle", table, WORKERS);
    long start = System.currentTimeMillis();
    try (CairnRun run = CairnRun.start(home, "data", conf(home, table))) {
      run.awaitFirstUpdate();
      Log first = Log.of(run, 1);
      double staged = (first.comeMs - start) / 1e3;
      figures.figure("data/table", megabytes, "MB");
      figures.figure("data/plain", plain, "s");
      figures.figure("data/staged", staged, "s");
      figures.figure("data/staged-over-plain", staged / plain, "x");
      figures.figure("data/speed", megabytes / staged, "MB/s");
      run.executors().get(1).destroyForcibly();
      run.awaitProgressIn(2);
      double again = Log.of(run, 2).stagingSeconds();
      double whole = first.readSeconds + first.stagingSeconds();
      figures.figure("data/first-attempt", whole, "s");
      figures.figure("data/attempt-after-loss", again, "s");
      figures.figure("data/attempt-after-loss-over-first", again / whole, "x");
    }
  }

  /** What the driver's log says of an attempt. */
  private record Log(double readSeconds, long beganMs, long comeMs) {

    static Log of(CairnRun run, int attempt) throws IOException {
      double read = 0;
      long began = 0;
      long come = 0;
      for (String line : run.driverLog()) {
        Matcher matcher = ATTEMPT.matcher(line);
        if (matcher.find() && Integer.parseInt(matcher.group(2)) == attempt) {
          began = millis(matcher.group(1));
        }
        matcher = COME.matcher(line);
        if (matcher.find() && began > 0 && come == 0) {
          come = millis(matcher.group(1));
        }
        matcher = READ.matcher(line);
        if (matcher.find()) {
          read += Double.parseDouble(matcher.group(1));
        }
      }
      if (come == 0) {
        throw new IllegalStateException(
            "the driver's log does not say when attempt " + attempt + " had its shards");
      }
      return new Log(read, began, come);
    }

    double stagingSeconds() {
      return (comeMs - beganMs) / 1e3;
    }

    private static long millis(String clock) {
      return LocalDateTime.parse(clock, CLOCK)
          .atZone(ZoneId.systemDefault())
          .toInstant()
          .toEpochMilli();
    }
  }

  private static double seconds(BenchHome home, String what, Path table, int number)
      throws IOException, InterruptedException {
    Path log = home.scratch().resolve(what + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
                home.javaCommand(
                    List.of("-Xmx2g"),
                    PlainData.class,
                    what,
                    table.toString(),
                    Integer.toString(number),
                    Integer.toString(COLUMNS)))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", home.sparkHome().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    long start = System.nanoTime();
    Process process = builder.start();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(what + " failed:\n" + Files.readString(log));
    }
    return Duration.ofNanos(System.nanoTime() - start).toMillis() / 1e3;
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** A model of a hundred inputs out of the one that has four. */
  private static String conf(BenchHome home, Path table) throws IOException {
    Path model = home.scratch().resolve("wide-mlp.json");
    String four = Files.readString(home.root().resolve("conf/models/iris-mlp.json"));
    Files.writeString(model, four.replace("\"nin\" : 4,", "\"nin\" : " + COLUMNS + ","));
    return """
    name = bench
    seed = 1
    model.source = "%s"
    data {
      train { path = "%s", format = parquet }
      features = ["x*"]
      label = y
      classes = 3
    }
    batch { workers = %d, micro = 32, steps = 8 }
    train { updates = 10000000, self-check = off }
    checkpoint.every-updates = 50
    """
        .formatted(model, table, WORKERS);
  }
}
