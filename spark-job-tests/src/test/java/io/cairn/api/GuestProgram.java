/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import static java.util.stream.Collectors.joining;

import io.cairn.telemetry.TrainingListener;
import io.cairn.telemetry.UpdateMetrics;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * A program with a Spark session of its own, in which nothing was set for Cairn, that trains again
 * and again. Says what it found, a line a step; ends with exit code 1 at the first that is not as
 * it should be.
 *
 * <p>Arguments: master, a folder, the steps with commas between, and settings of Spark's.
 */
public final class GuestProgram {

  private static final String GROUP = "theirs";
  private static final long LONG = 1_000_000;

  private final SparkSession spark;
  private final Path folder;
  private final int workers;

  private GuestProgram(SparkSession spark, Path folder) {
    this.spark = spark;
    this.folder = folder;
    this.workers = spark.sparkContext().isLocal() ? 1 : 2;
  }

  /** Does the steps. */
  public static void main(String[] arguments) throws Exception {
    SparkSession.Builder builder =
        SparkSession.builder()
            .master(arguments[0])
            .appName("theirs")
            .config("spark.ui.enabled", "false");
    for (String setting : Arrays.copyOfRange(arguments, 3, arguments.length)) {
      String[] entry = setting.split("=", 2);
      builder = builder.config(entry[0], entry[1]);
    }
    try (SparkSession spark = builder.getOrCreate()) {
      spark.sparkContext().setLogLevel("WARN");
      GuestProgram program = new GuestProgram(spark, Path.of(arguments[1]));
      // Spark says where tables are once somebody asks.
      spark.catalog().listTables().count();
      spark.sparkContext().setJobGroup(GROUP, "their work", false);
      for (String step : arguments[2].split(",")) {
        Map<String, Object> before = program.state();
        long start = System.nanoTime();
        program.step(step);
        require(program.state().equals(before), "changed: " + before + " to " + program.state());
        require(spark.range(1000).filter("id % 2 = 0").count() == 500, "the session is of no use");
        System.out.println("OK " + step + " " + (System.nanoTime() - start) / 1_000_000_000);
      }
    }
    System.out.println("OK all");
  }

  private void step(String step) throws Exception {
    switch (step) {
      case "train" -> Files.write(folder.resolve("model.zip"), job().build().run().modelZip());
      case "again" -> requireSame(job().build().run());
      case "interrupt" -> interrupted();
      case "cancel" -> cancelled();
      case "stop" -> stopped();
      case "kill" -> killed();
      case "wrong" -> wrong();
      case "two" -> two();
      default -> throw new IllegalArgumentException(step);
    }
  }

  private Dataset<Row> digits() {
    String columns =
        IntStream.range(0, 64).mapToObj("pixel_%02d INT, "::formatted).collect(joining());
    return spark
        .read()
        .option("header", "true")
        .schema(columns + "digit INT")
        .csv(Path.of("conf/data/digits.csv").toUri().toString());
  }

  private TrainingJobBuilder job() throws IOException {
    return TrainingJob.on(spark)
        .train(digits())
        .validationFraction(0.15)
        .features("pixel_*")
        .label("digit")
        .classes(10)
        .set("data.scale", "1/16")
        .modelConfiguration(Files.readString(Path.of("conf/models/digits-mlp.json")))
        .workers(workers)
        .micro(16)
        .effective(128)
        .seed(7)
        .epochs(2)
        .listener(
            new TrainingListener() {
              @Override
              public void note(String line) {
                System.out.println("NOTE " + line);
              }
            });
  }

  /** Does something once so many updates are known to be done. */
  private static final class Once implements TrainingListener {
    private final long updates;
    private final Runnable action;
    private boolean done;

    Once(long updates, Runnable action) {
      this.updates = updates;
      this.action = action;
    }

    @Override
    public void update(UpdateMetrics update) {
      if (update.update() >= updates && !done) {
        done = true;
        action.run();
      }
    }
  }

  private void interrupted() throws Exception {
    Thread caller = Thread.currentThread();
    TrainingJob job =
        job()
            .set("train.epochs", null)
            .updates(LONG)
            .listener(new Once(2, caller::interrupt))
            .build();
    try {
      job.run();
      require(false, "it trained to its end");
    } catch (InterruptedException expected) {
      require(!Thread.interrupted(), "the thread is still interrupted");
    }
  }

  private void cancelled() throws Exception {
    TrainingJob job =
        job()
            .set("train.epochs", null)
            .updates(LONG)
            .listener(new Once(2, () -> spark.sparkContext().cancelJobGroup(GROUP)))
            .build();
    try {
      job.run();
      require(false, "it trained to its end");
    } catch (TrainingStoppedException e) {
      require(e.getMessage().contains("its Spark job was cancelled"), e.getMessage());
    }
  }

  private void stopped() throws Exception {
    CompletableFuture<TrainingJob> running = new CompletableFuture<>();
    String output = folder.resolve("stopped").toString();
    TrainingJob job =
        job()
            .output(output)
            .epochs(4)
            .listener(new Once(2, () -> running.join().stop("enough")))
            .build();
    running.complete(job);
    long update = 0;
    try {
      job.run();
    } catch (TrainingStoppedException e) {
      require(e.getMessage().equals("enough"), e.getMessage());
      update = 1;
    }
    TrainingResult rest = job().output(output).epochs(4).build().run();
    require(rest.history().size() == 48, "updates: " + rest.history().size());
    require(rest.attempts().size() == 1 + update, "attempts: " + rest.attempts());
    require(rest.output().equals(java.util.Optional.of(output)), "output: " + rest.output());
  }

  private void killed() throws Exception {
    Once once = new Once(12, GuestProgram::killAnExecutor);
    TrainingResult result =
        job().epochs(40).set("checkpoint.every-updates", 5).listener(once).build().run();
    require(result.attempts().size() > 1, "attempts: " + result.attempts());
    TrainingResult undisturbed = job().epochs(40).build().run();
    require(
        Arrays.equals(coefficients(result.modelZip()), coefficients(undisturbed.modelZip())),
        "other bits after a kill");
    require(result.history().size() == 480, "updates: " + result.history().size());
  }

  private static void killAnExecutor() {
    Stream<ProcessHandle> executors = ProcessHandle.current().descendants();
    executors.filter(GuestProgram::isExecutor).findFirst().orElseThrow().destroyForcibly();
  }

  private static boolean isExecutor(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
          .contains("CoarseGrainedExecutorBackend");
    } catch (IOException itHasEnded) {
      return false;
    }
  }

  private void wrong() throws Exception {
    requireInvalid(job().label("didgit"), "didgit");
    requireInvalid(job().modelConfiguration("{}"), "the model given");
    requireInvalid(job().effective(127).set("train.epochs", 0), "batch.effective", "train.epochs");
    requireInvalid(
        job().train(digits().withColumn("now", org.apache.spark.sql.functions.rand())), "rand()");
    requireInvalid(job().workers(3).effective(96), "batch.workers = 3");
    requireInvalid(job().set("spark.spark.executor.memory", "7g"), "spark.executor.memory = 7g");
  }

  private static void requireInvalid(TrainingJobBuilder job, String... words) throws Exception {
    try {
      job.build().run();
      require(false, "it trained: " + List.of(words));
    } catch (InvalidJobException e) {
      System.out.println("SAID " + e.problems());
      for (String word : words) {
        require(String.join("\n", e.problems()).contains(word), word + ": " + e.problems());
      }
    }
  }

  private void two() throws Exception {
    List<CompletableFuture<TrainingResult>> results =
        Stream.of(job(), job())
            .map(TrainingJobBuilder::build)
            .map(
                job ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return job.run();
                          } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                          }
                        }))
            .toList();
    for (CompletableFuture<TrainingResult> result : results) {
      requireSame(result.get());
    }
  }

  private void requireSame(TrainingResult result) throws IOException {
    byte[] first = Files.readAllBytes(folder.resolve("model.zip"));
    require(
        Arrays.equals(coefficients(first), coefficients(result.modelZip())), "not the same bits");
    require(result.history().size() == 24, "updates: " + result.history().size());
    require(result.validations().size() == 2, "validations: " + result.validations());
    require(result.network().numParams() == 17_226, "parameters");
    require(result.output().isEmpty(), "an output");
  }

  /** What a guest might leave behind. */
  private Map<String, Object> state() {
    SparkContext context = spark.sparkContext();
    Map<String, Object> state = new TreeMap<>();
    state.put("conf", Arrays.toString(context.getConf().getAll()));
    state.put("sql", spark.conf().getAll().toString());
    // Sorted: what was set, taken away and set again may come in another order.
    state.put("local", new TreeMap<>(context.getLocalProperties()).toString());
    state.put("views", spark.catalog().listTables().collectAsList().toString());
    state.put("cached", JavaSparkContext.fromSparkContext(context).getPersistentRDDs().toString());
    state.put(
        "listeners",
        context.listenerBus().listeners().stream()
            .map(listener -> listener.getClass().getName())
            .filter(name -> name.startsWith("io.cairn"))
            .toList());
    return state;
  }

  private static byte[] coefficients(byte[] model) throws IOException {
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(model))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().equals("coefficients.bin")) {
          return zip.readAllBytes();
        }
      }
    }
    throw new IOException("no coefficients.bin");
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
