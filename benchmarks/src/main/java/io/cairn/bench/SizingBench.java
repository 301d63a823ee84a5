/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * What {@code plan} says of an executor's memory, against the peak of resident memory that a run of
 * the same settings has, for three kinds of network.
 */
final class SizingBench implements Bench.Benchmark {

  private static final int EXAMPLES = 16_384;
  private static final int SENTENCES = 8_192;
  private static final int LONGEST = 50;
  private static final int VALUES_A_STEP = 32;

  /** Long enough for passes, collections and a checkpoint: the heap is there from the start. */
  private static final Duration TIME = Duration.ofSeconds(15);

  /** A run of hours comes to use all of its heap; this one does from the start. */
  private static final String HEAP_IN_FULL = "spark.executor.extraJavaOptions=-XX:+AlwaysPreTouch";

  private interface Model {
    String conf(BenchHome home, int micro, int steps) throws IOException;
  }

  @Override
  public String summary() {
    return "plan's estimate of an executor's memory, and what runs take";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    measure(home, figures, "mlp", (h, micro, steps) -> CairnRun.mlp(h, EXAMPLES, 2, micro, steps));
    measure(home, figures, "lenet", SizingBench::lenet);
    measure(home, figures, "lstm", SizingBench::lstm);
  }

  private static void measure(BenchHome home, Figures figures, String name, Model model)
      throws IOException, InterruptedException {
    for (int micro : List.of(32, 128)) {
      for (int steps : List.of(1, 64)) {
        String subject = "%s-%dx%d".formatted(name, micro, steps);
        String conf = model.conf(home, micro, steps);
        double estimate = estimateMiB(CairnRun.plan(home, "plan-" + subject, conf));
        double measured;
        try (CairnRun run = CairnRun.start(home, "sizing-" + subject, conf, HEAP_IN_FULL)) {
          run.measure(Duration.ZERO, TIME);
          measured = MemoryBench.peakMiB(run.executors());
        }
        figures.figure("sizing/" + subject + "/plan", estimate, "MiB");
        figures.figure("sizing/" + subject + "/measured", measured, "MiB");
        figures.figure("sizing/" + subject + "/plan-over-measured", estimate / measured, "ratio");
      }
    }
  }

  /** Of what plan prints: an executor's memory, and the shard, whose pages are in it here. */
  private static double estimateMiB(String plan) {
    return mebibytes(plan, "memory +(\\S+ \\S+) an executor")
        + mebibytes(plan, "local disk +(\\S+ \\S+) a worker");
  }

  private static double mebibytes(String plan, String line) {
    Matcher found = Pattern.compile(line).matcher(plan);
    if (!found.find()) {
      throw new IllegalStateException("no \"" + line + "\" in\n" + plan);
    }
    String[] size = found.group(1).split(" ", -1);
    return Double.parseDouble(size[0])
        * switch (size[1]) {
          case "KiB" -> 1.0 / 1024;
          case "MiB" -> 1;
          case "GiB" -> 1024;
          default -> throw new IllegalStateException(found.group());
        };
  }

  private static String lenet(BenchHome home, int micro, int steps) throws IOException {
    return CairnRun.mlp(home, EXAMPLES, 2, micro, steps)
        .replace("fashion-mlp.json", "fashion-lenet.json");
  }

  private static String lstm(BenchHome home, int micro, int steps) throws IOException {
    Path model = home.scratch().resolve("lstm.json");
    Files.writeString(
        model,
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Adam(0.001))
            .list()
            .layer(new LSTM.Builder().nOut(256).activation(Activation.TANH).build())
            .layer(new LastTimeStep(new LSTM.Builder().nOut(256).build()))
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nOut(BenchHome.CLASSES)
                    .activation(Activation.SOFTMAX)
                    .build())
            .setInputType(InputType.recurrent(VALUES_A_STEP, LONGEST))
            .build()
            .toJson());
    return """
    name = bench
    seed = 1
    model.source = "%s"
    data {
      train { path = "%s", format = json }
      inputs = [{ columns = steps, shape = [%d], max-steps = %d }]
      outputs = [{ columns = label, classes = %d }]
    }
    batch { workers = 2, micro = %d, steps = %d }
    train { updates = 10000000 }
    """
        .formatted(model, sentences(home), VALUES_A_STEP, LONGEST, BenchHome.CLASSES, micro, steps);
  }

  /** Sequences of random values, of random lengths, in a JSON document a line. */
  private static Path sentences(BenchHome home) throws IOException {
    Path file = home.scratch().resolve("sentences.json");
    if (Files.exists(file)) {
      return file;
    }
    Random random = new Random(1);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < SENTENCES; i++) {
        StringBuilder line = new StringBuilder("{\"label\":");
        line.append(random.nextInt(BenchHome.CLASSES)).append(",\"steps\":[");
        int length = 1 + random.nextInt(LONGEST);
        for (int step = 0; step < length; step++) {
          line.append(step == 0 ? "[" : ",[");
          for (int value = 0; value < VALUES_A_STEP; value++) {
            line.append(value == 0 ? "" : ",").append(random.nextInt(1000) / 1000.0);
          }
          line.append(']');
        }
        out.write(line.append("]}\n").toString());
      }
    }
    return file;
  }
}
