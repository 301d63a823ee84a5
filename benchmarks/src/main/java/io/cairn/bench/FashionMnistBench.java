/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The larger example's promise: test accuracy after 10 epochs at effective batch 512. */
final class FashionMnistBench implements Bench.Benchmark {

  @Override
  public String summary() {
    return "test accuracy of conf/examples/fashion-mnist.conf (needs dataset-fashion-mnist)";
  }

  @Override
  public void run(BenchHome home, Figures figures) throws Exception {
    if (!Files.exists(Path.of("/usr/share/datasets/fashion-mnist"))) {
      throw new BenchSkippedException("the package dataset-fashion-mnist is not installed");
    }
    String conf = Files.readString(home.root().resolve("conf/examples/fashion-mnist.conf"));
    try (CairnRun run = CairnRun.start(home, "fashion-mnist", conf)) {
      int exit = run.await(Duration.ofMinutes(15));
      if (exit != 0) {
        throw new IllegalStateException("exit code " + exit + ":\n" + run.tail());
      }
      var validations = run.validations();
      figures.figure("fashion-mnist/epochs", validations.size(), "epochs");
      figures.figure(
          "fashion-mnist/test-accuracy",
          validations.get(validations.size() - 1).get("accuracy").asDouble(),
          "ratio");
    }
  }
}
