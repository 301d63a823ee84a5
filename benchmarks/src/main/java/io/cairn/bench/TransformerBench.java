/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * A forward and backward pass of a BERT over PyTorch's, both on one thread and by its processor
 * time, in turn; and how much resident memory has grown after many passes. {@code
 * -Dcairn.bench.passes=N} makes another number of them.
 *
 * <p>The heap is resident from the start, so that what grows lies outside of it.
 */
final class TransformerBench implements Bench.Benchmark {

  private static final int EXAMPLES = 8;
  private static final int PASSES = Integer.getInteger("cairn.bench.passes", 400);

  /** Passes that are compared with PyTorch's; the first of them are left out. */
  private static final int TURNS = Math.min(PASSES, 40);

  private static final int WARM_UPS = TURNS / 4;

  /** From here on, memory is to stay. */
  private static final int SETTLED = PASSES / 8;

  @Override
  public String summary() {
    return "a BERT's pass over PyTorch's, and memory after 400 of them (python3 with torch and onnx)";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    if (!PeersBench.hasTorch()) {
      throw new BenchSkippedException("python3 has no torch");
    }
    for (Transformer transformer : Transformer.chosen()) {
      measure(home, transformer, figures);
    }
  }

  private static void measure(BenchHome home, Transformer transformer, Figures figures)
      throws IOException, InterruptedException {
    String name = "transformer/" + transformer.size();
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    List<Double> residentMiB = new ArrayList<>();
    try (Passes cairn = cairn(home, transformer);
        Passes torch = torch(home, transformer)) {
      for (int pass = 0; pass < PASSES; pass++) {
        String[] said = cairn.next().split(" ", -1);
        ours.add(Double.valueOf(said[0]));
        residentMiB.add(Double.parseDouble(said[1]) / 1024);
        if (pass < TURNS) {
          theirs.add(Double.valueOf(torch.next()));
        }
      }
    }
    double cairnMs = Figures.median(ours.subList(WARM_UPS, TURNS));
    double torchMs = Figures.median(theirs.subList(WARM_UPS, TURNS));
    figures.figure(name + "/cairn", cairnMs, "ms");
    figures.figure(name + "/pytorch", torchMs, "ms");
    figures.figure(name + "/cairn-over-pytorch", cairnMs / torchMs, "ratio");
    double settled = residentMiB.get(SETTLED);
    double end = residentMiB.get(PASSES - 1);
    figures.figure(name + "/memory-after-" + (SETTLED + 1), settled, "MiB");
    figures.figure(name + "/memory-after-" + PASSES, end, "MiB");
    figures.figure(name + "/memory-grown", end / settled, "ratio");
  }

  private static Passes cairn(BenchHome home, Transformer transformer)
      throws IOException, InterruptedException {
    String heap = transformer.heap();
    return new Passes(
        home,
        "passes-cairn-" + transformer.size(),
        home.javaCommand(
            List.of("-Xms" + heap, "-Xmx" + heap, "-XX:+AlwaysPreTouch"),
            TransformerPasses.class,
            transformer.file(home).toString(),
            String.valueOf(EXAMPLES),
            String.valueOf(Transformer.TOKENS),
            String.valueOf(transformer.vocabulary())));
  }

  private static Passes torch(BenchHome home, Transformer transformer) throws IOException {
    return new Passes(
        home,
        "passes-torch-" + transformer.size(),
        List.of(
            "python3",
            Transformer.script(home).toString(),
            "passes",
            transformer.size(),
            String.valueOf(EXAMPLES),
            String.valueOf(Transformer.TOKENS)));
  }

  /** A process that makes a pass for each line that it is sent, and answers with a line. */
  private static final class Passes implements AutoCloseable {
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;
    private final BenchHome home;
    private final String name;

    Passes(BenchHome home, String name, List<String> command) throws IOException {
      this.home = home;
      this.name = name;
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("OMP_NUM_THREADS", "1");
      process = builder.redirectError(home.scratch().resolve(name + ".log").toFile()).start();
      commands = process.outputWriter(StandardCharsets.UTF_8);
      answers =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      // Libraries say things of their own before.
      String said = answer();
      while (!said.equals("ready")) {
        said = answer();
      }
    }

    String next() throws IOException {
      commands.write("pass\n");
      commands.flush();
      return answer();
    }

    private String answer() throws IOException {
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException(
            name + " ended:\n" + Files.readString(home.scratch().resolve(name + ".log")));
      }
      return line;
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
