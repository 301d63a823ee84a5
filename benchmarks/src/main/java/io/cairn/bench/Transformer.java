/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A BERT with random weights, which {@code bert.py} makes: {@code -Dcairn.bench.transformers=tiny}
 * leaves out the large one.
 */
enum Transformer {
  /** Two layers of 64. */
  TINY(1_000, "512m", "2g"),
  /** The shapes of BERT-base: twelve layers of 768, 109 million parameters. */
  BASE(30_522, "5g", "6g");

  /** Of every example. */
  static final int TOKENS = 64;

  private static final int EXAMPLES = 4_000;
  private static final String CHOSEN = "cairn.bench.transformers";

  private final int vocabulary;
  private final String heap;
  private final String executorHeap;

  Transformer(int vocabulary, String heap, String executorHeap) {
    this.vocabulary = vocabulary;
    this.heap = heap;
    this.executorHeap = executorHeap;
  }

  /** Those that are wanted. */
  static List<Transformer> chosen() {
    return Arrays.stream(System.getProperty(CHOSEN, "tiny,base").split(",", -1))
        .map(name -> valueOf(name.strip().toUpperCase(Locale.ROOT)))
        .toList();
  }

  String size() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Tokens that there are. */
  int vocabulary() {
    return vocabulary;
  }

  /** For a process that reads and trains it. */
  String heap() {
    return heap;
  }

  /** The script that knows it. */
  static Path script(BenchHome home) {
    return home.root().resolve("benchmarks/src/main/python/bert.py");
  }

  /** Its ONNX file. */
  Path file(BenchHome home) throws IOException, InterruptedException {
    Path file = home.scratch().resolve("bert-" + size() + ".onnx");
    if (!Files.exists(file)) {
      Path log = home.scratch().resolve("bert-" + size() + ".log");
      int exitCode =
          new ProcessBuilder("python3", script(home).toString(), "export", size(), file.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start()
              .waitFor();
      if (exitCode != 0) {
        throw new BenchSkippedException(
            "python3 cannot write the ONNX file (it needs torch and onnx): "
                + Files.readString(log).lines().reduce("", (earlier, later) -> later));
      }
    }
    return file;
  }

  /** Settings of a run that fine-tunes it on two workers. */
  String settings(BenchHome home, int micro, int steps) throws IOException, InterruptedException {
    return """
    name = bench
    seed = 1
    model { source = "%s", loss = sparse }
    data {
      train { path = "%s", format = json }
      inputs = [
        { columns = input_ids, max-steps = %d }
        { columns = attention_mask, max-steps = %d }
        { columns = token_type_ids, max-steps = %d }
      ]
      outputs = [{ columns = label, classes = %d }]
      scale = none
    }
    batch { workers = 2, micro = %d, steps = %d }
    train { updates = 10000000, updater { type = adam, learning-rate = 2e-5 } }
    spark { spark.executor.memory = %s }
    """
        .formatted(
            file(home),
            texts(home),
            TOKENS,
            TOKENS,
            TOKENS,
            TransformerPasses.CLASSES,
            micro,
            steps,
            executorHeap);
  }

  /** A table of random tokens, with a class that the first of them tells. */
  private Path texts(BenchHome home) throws IOException {
    Path file = home.scratch().resolve("tokens-" + size() + ".json");
    if (Files.exists(file)) {
      return file;
    }
    Random random = new Random(1);
    int[] ones = new int[TOKENS];
    Arrays.fill(ones, 1);
    String rest =
        "\"attention_mask\":%s,\"token_type_ids\":%s"
            .formatted(Arrays.toString(ones), Arrays.toString(new int[TOKENS]));
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (int i = 0; i < EXAMPLES; i++) {
        int[] ids = random.ints(TOKENS, 0, vocabulary).toArray();
        out.write(
            "{\"label\":%d,\"input_ids\":%s,%s}\n"
                .formatted(ids[0] % TransformerPasses.CLASSES, Arrays.toString(ids), rest));
      }
    }
    return file;
  }
}
