/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The same model and machine, other people's way: DL4J's ParameterAveragingTrainingMaster on the
 * same Spark, and PyTorch's DistributedDataParallel with no_sync over Gloo where python3 has torch.
 */
final class PeersBench implements Bench.Benchmark {

  private static final Pattern NUMBER = Pattern.compile("\\d+(\\.\\d+)?");
  private static final int EXAMPLES = 20_000;
  private static final Duration WARM_UP = Duration.ofSeconds(25);
  private static final Duration STRETCH = Duration.ofSeconds(12);

  @Override
  public String summary() {
    return "DL4J's own training master, and PyTorch DDP where python3 has torch";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    double small = cairn(home, "mlp", 32, 8);
    figures.figure("peers/cairn/32x8", small, "examples/s");
    double averaging = parameterAveraging(home);
    figures.figure("peers/parameter-averaging/speed", averaging, "examples/s");
    figures.figure("peers/parameter-averaging", small / averaging, "ratio");
    if (!hasTorch()) {
      figures.note("peers/pytorch-ddp left out: python3 has no torch");
      return;
    }
    torch(home, figures, "32x8", small, "mlp", 32, 8);
    torch(home, figures, "128x8", cairn(home, "mlp", 128, 8), "mlp", 128, 8);
    torch(home, figures, "lenet/32x8", cairn(home, "lenet", 32, 8), "lenet", 32, 8);
    new FineTuningBench().run(home, figures);
  }

  private static double cairn(BenchHome home, String model, int micro, int steps)
      throws IOException, InterruptedException {
    String conf = CairnRun.mlp(home, EXAMPLES, 2, micro, steps);
    String name = "peers-" + model + "-" + micro + "x" + steps;
    String source = "model.source=" + home.root().resolve("conf/models/fashion-" + model + ".json");
    try (CairnRun run = CairnRun.start(home, name, conf, source)) {
      return run.measure(WARM_UP, STRETCH).examplesPerSecond();
    }
  }

  private static double parameterAveraging(BenchHome home) throws IOException {
    List<String> command =
        home.javaCommand(
            List.of(),
            ParameterAveraging.class,
            home.root().resolve("conf/models/fashion-mlp.json").toString(),
            home.sparkHome().toString());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("SPARK_HOME", home.sparkHome().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("OMP_NUM_THREADS", "1");
    return lastNumber(builder, home.scratch().resolve("parameter-averaging.log"));
  }

  static boolean hasTorch() {
    try {
      return new ProcessBuilder("python3", "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Measures PyTorch's DistributedDataParallel, and how much faster ours is. */
  static void torch(
      BenchHome home, Figures figures, String name, double ours, String model, int micro, int steps)
      throws IOException {
    Path script = home.root().resolve("benchmarks/src/main/python/ddp.py");
    List<String> command = new ArrayList<>(List.of("python3", script.toString(), model));
    command.addAll(List.of(String.valueOf(micro), String.valueOf(steps)));
    command.add(String.valueOf(STRETCH.toSeconds()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    double theirs = lastNumber(builder, home.scratch().resolve("ddp-" + model + micro + ".log"));
    figures.figure("peers/pytorch-ddp/" + name + "/speed", theirs, "examples/s");
    figures.figure("peers/pytorch-ddp/" + name, ours / theirs, "ratio");
  }

  private static double lastNumber(ProcessBuilder builder, Path log) throws IOException {
    Process process = builder.redirectError(log.toFile()).start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    // Libraries say things of their own there, before and after.
    return said.lines()
        .filter(line -> NUMBER.matcher(line).matches())
        .reduce((earlier, later) -> later)
        .map(Double::parseDouble)
        .orElseThrow(() -> new IllegalStateException("no figure in: " + said + tail(log)));
  }

  private static String tail(Path log) {
    try {
      String errors = Files.readString(log);
      return "\n" + errors.substring(Math.max(0, errors.length() - 4000));
    } catch (IOException e) {
      return "\n" + e;
    }
  }
}
