/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A real run of Cairn on real executor processes, watched from outside through its {@code
 * metrics.jsonl}.
 *
 * <p>Who starts it closes it, which ends its driver, and with it the executors.
 *
 * <p>Threading: one thread.
 */
final class CairnRun implements Turns.Training {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_TAIL_BYTES = 16 << 10;
  private static final Duration START = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration CLOSE_POLL = Duration.ofMillis(2);

  private final Path folder;
  private final Path output;
  private final Path log;
  private final Process driver;

  private CairnRun(Path folder, Path log, Process driver) {
    this.folder = folder;
    this.output = folder.resolve("run");
    this.log = log;
    this.driver = driver;
  }

  /**
   * Starts a run.
   *
   * @param name of its folder in the scratch folder
   * @param conf settings besides {@code output}
   */
  static CairnRun start(BenchHome home, String name, String conf, String... sets)
      throws IOException {
    Path folder = Files.createDirectory(home.scratch().resolve(name));
    Path log = folder.resolve("log");
    return new CairnRun(folder, log, command(home, "train", folder, conf, sets, log));
  }

  /** What {@code plan} says of such settings. */
  static String plan(BenchHome home, String name, String conf)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectory(home.scratch().resolve(name));
    Path log = folder.resolve("log");
    Process plan = command(home, "plan", folder, conf, new String[0], log);
    if (plan.waitFor() != 0) {
      throw new IllegalStateException("plan failed:\n" + Files.readString(log));
    }
    return Files.readString(log);
  }

  private static Process command(
      BenchHome home, String name, Path folder, String conf, String[] sets, Path log)
      throws IOException {
    Path file = folder.resolve("bench.conf");
    Files.writeString(file, conf + "\noutput = \"" + folder.resolve("run") + "\"\n");
    List<String> command = new ArrayList<>(List.of(BenchHome.java()));
    command.addAll(home.jvmOptions());
    command.add("-Djava.io.tmpdir=" + folder);
    command.addAll(
        List.of("-cp", home.sparkHome() + "/jars/*:" + home.jar(), "io.cairn.cli.Cairn"));
    command.addAll(List.of(name, file.toString()));
    for (String set : sets) {
      command.addAll(List.of("--set", set));
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(home.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("SPARK_HOME", home.sparkHome().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return builder.start();
  }

  /** Settings of the MLP on synthetic images that most benchmarks use. */
  static String mlp(BenchHome home, int examples, int workers, int micro, int steps)
      throws IOException {
    return """
    name = bench
    seed = 1
    model.source = "%s"
    data {
      train { path = "%s", format = idx }
      classes = 10
      scale = 1/255
    }
    batch { workers = %d, micro = %d, steps = %d }
    train { updates = 10000000 }
    """
        .formatted(
            home.root().resolve("conf/models/fashion-mlp.json"),
            home.images(examples),
            workers,
            micro,
            steps);
  }

  /** Lines of updates so far. */
  List<JsonNode> steps() throws IOException {
    Path metrics = output.resolve("metrics.jsonl");
    List<JsonNode> steps = new ArrayList<>();
    if (Files.exists(metrics)) {
      String text = Files.readString(metrics);
      // A line without its end is still being written.
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        JsonNode node = JSON.readTree(line);
        if (node.has("loss")) {
          steps.add(node);
        }
      }
    }
    return steps;
  }

  /** Lines of validations so far. */
  List<JsonNode> validations() throws IOException {
    List<JsonNode> validations = new ArrayList<>();
    for (String line : Files.readAllLines(output.resolve("metrics.jsonl"))) {
      JsonNode node = JSON.readTree(line);
      if (node.has("validation")) {
        validations.add(node.get("validation"));
      }
    }
    return validations;
  }

  /** The updates of which there are checkpoints now. */
  NavigableSet<Long> checkpoints() throws IOException {
    try (Stream<Path> entries = Files.list(output.resolve("checkpoints"))) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.startsWith("update-"))
          .map(name -> Long.parseLong(name.substring("update-".length())))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** Blocks until the first update is done. */
  void awaitFirstUpdate() throws IOException, InterruptedException {
    awaitUpdates(1, START);
  }

  private void awaitUpdates(int count, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (steps().size() < count) {
      requireAlive();
      if (System.nanoTime() > end) {
        throw new IllegalStateException("no update in " + limit + "; see\n" + tail());
      }
      driver.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Blocks until so many updates more are done than now. */
  void awaitMore(int count) throws IOException, InterruptedException {
    awaitUpdates(steps().size() + count, START);
  }

  /** The newest update that is done; 0 before the first. */
  long update() throws IOException {
    List<JsonNode> steps = steps();
    return steps.isEmpty() ? 0 : steps.get(steps.size() - 1).get("update").asLong();
  }

  /**
   * Blocks until an attempt is further than any before it was.
   *
   * @return how many updates it did that had been done before
   */
  long awaitProgressIn(int attempt) throws IOException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    long furthest = 0;
    // Lines of updates that are done again go as the new attempt begins.
    while (status().get("attempt").asInt() < attempt || update() <= furthest) {
      furthest = Math.max(furthest, update());
      requireAlive();
      if (System.nanoTime() > end) {
        throw new IllegalStateException("no attempt " + attempt + "; see\n" + tail());
      }
      driver.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS);
    }
    return furthest - status().at("/attempts/" + (attempt - 1) + "/fromUpdate").asLong();
  }

  /**
   * Watches the run from where it is.
   *
   * @return for each of so many updates from the next on when it was done, by {@link
   *     System#nanoTime}, to a few milliseconds
   */
  NavigableMap<Long, Long> watch(int updates) throws IOException, InterruptedException {
    NavigableMap<Long, Long> doneNanos = new TreeMap<>();
    try (InputStream lines = Files.newInputStream(output.resolve("metrics.jsonl"))) {
      long update = countLines(lines);
      while (doneNanos.size() < updates) {
        requireAlive();
        driver.waitFor(CLOSE_POLL.toMillis(), TimeUnit.MILLISECONDS);
        long nanos = System.nanoTime();
        for (long more = countLines(lines); more > 0; more--) {
          update++;
          doneNanos.put(update, nanos);
        }
      }
    }
    return doneNanos;
  }

  /** Lines from where a stream is to its present end. */
  private static long countLines(InputStream in) throws IOException {
    long lines = 0;
    for (byte b : in.readAllBytes()) {
      lines += b == '\n' ? 1 : 0;
    }
    return lines;
  }

  /** What {@code STATUS.json} says. */
  JsonNode status() throws IOException {
    return JSON.readTree(Files.readString(output.resolve("STATUS.json")));
  }

  private void requireAlive() throws IOException {
    if (!driver.isAlive()) {
      throw new IllegalStateException(
          "the run ended with exit code " + driver.exitValue() + ":\n" + tail());
    }
  }

  /** What a stretch of training did, by the wall clock. */
  record Stretch(double examplesPerSecond, List<JsonNode> steps) {
    /** Time of each update, by what its parts took. */
    List<Double> updateMs() {
      return steps.stream()
          .map(
              step ->
                  Stream.of("computeMs", "waitMs", "reduceMs", "applyMs")
                      .mapToDouble(part -> step.get(part).asDouble())
                      .sum())
          .toList();
    }

    double meanMs(String field) {
      return mean(step -> step.get(field).asDouble());
    }

    private double mean(ToDoubleFunction<JsonNode> value) {
      return steps.stream().mapToDouble(value).average().orElse(Double.NaN);
    }
  }

  /** Lets the run warm up, then watches it for a while. */
  Stretch measure(Duration warmUp, Duration stretch) throws IOException, InterruptedException {
    awaitFirstUpdate();
    pause(warmUp);
    int before = steps().size();
    awaitUpdates(before + 1, START);
    before = steps().size();
    long start = System.nanoTime();
    pause(stretch);
    int seen = steps().size();
    awaitUpdates(seen + 1, START);
    List<JsonNode> all = steps();
    long end = System.nanoTime();
    List<JsonNode> measured = all.subList(before, all.size());
    double examples = measured.stream().mapToDouble(s -> s.get("examples").asDouble()).sum();
    return new Stretch(examples * 1e9 / (end - start), List.copyOf(measured));
  }

  private void pause(Duration time) throws IOException, InterruptedException {
    driver.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
    requireAlive();
  }

  /**
   * Of the last lines of metrics: so many updates of the effective batch. The last update of an
   * epoch may have fewer examples; it counts as a whole one.
   */
  @Override
  public long examples() throws IOException {
    try (RandomAccessFile metrics =
        new RandomAccessFile(output.resolve("metrics.jsonl").toFile(), "r")) {
      long from = Math.max(0, metrics.length() - MOST_TAIL_BYTES);
      metrics.seek(from);
      byte[] bytes = new byte[(int) (metrics.length() - from)];
      metrics.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8);
      // The first line lacks its beginning, and one without its end is still being written.
      int first = from == 0 ? 0 : text.indexOf('\n') + 1;
      long updates = 0;
      long batch = 0;
      for (String line : text.substring(first, text.lastIndexOf('\n') + 1).lines().toList()) {
        JsonNode fields = JSON.readTree(line);
        if (fields.has("examples")) {
          updates = fields.get("update").asLong();
          batch = Math.max(batch, fields.get("examples").asLong());
        }
      }
      return updates * batch;
    }
  }

  @Override
  public List<ProcessHandle> processes() throws IOException {
    requireAlive();
    return Stream.concat(Stream.of(driver.toHandle()), driver.descendants()).toList();
  }

  /** Waits for the run's own end. */
  int await(Duration limit) throws InterruptedException {
    if (!driver.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("the run did not end in " + limit);
    }
    return driver.exitValue();
  }

  /** The driver's executor processes. */
  List<ProcessHandle> executors() {
    return driver
        .descendants()
        .filter(p -> ProcFile.commandLine(p.pid()).contains("CoarseGrainedExecutorBackend"))
        .toList();
  }

  /** The lines of the driver's log. */
  List<String> driverLog() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      Path file =
          files
              .filter(path -> path.getFileName().toString().startsWith("cairn-driver-"))
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("the driver has no log"));
      return Files.readAllLines(file);
    }
  }

  /** The end of the run's log. */
  String tail() throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
  }

  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> children = driver.descendants().toList();
    driver.destroy();
    if (!driver.waitFor(20, TimeUnit.SECONDS)) {
      driver.destroyForcibly().waitFor();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }
}
