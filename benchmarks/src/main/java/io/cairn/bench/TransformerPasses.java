/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A process with an ONNX transformer. For each line on standard input it makes a forward and
 * backward pass as a worker does, and prints the thread's processor time in ms and the process's
 * resident memory in KiB.
 *
 * <p>Arguments: the file, examples, tokens an example, tokens in the vocabulary.
 */
final class TransformerPasses {

  static final List<String> INPUTS = List.of("input_ids", "attention_mask", "token_type_ids");
  static final int CLASSES = 3;

  private TransformerPasses() {}

  /** See the class comment. */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    int examples = Integer.parseInt(arguments[1]);
    int tokens = Integer.parseInt(arguments[2]);
    Replica replica = replica(file);
    MultiDataSet batch = batch(examples, tokens, Integer.parseInt(arguments[3]));
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      replica.clear();
      replica.accumulate(batch, 1);
      long nanos = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
      System.out.printf(
          Locale.ROOT,
          "%.3f %d%n",
          nanos / 1e6,
          ProcFile.kibibytes(ProcessHandle.current().pid(), "VmRSS").orElseThrow());
      System.out.flush();
    }
  }

  /** Nothing of what it was read from is held on to. */
  private static Replica replica(Path file) throws IOException {
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.empty(), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(CLASSES),
            INPUTS);
    ModelSource source =
        ModelSource.read(file.getFileName().toString(), Files.readAllBytes(file), 0, wishes);
    return new Replica(source.archive(), 0);
  }

  /** As the data room hands it over: all sentences are of one length. */
  private static MultiDataSet batch(int examples, int tokens, int vocabulary) {
    Random random = new Random(1);
    INDArray ids = Nd4j.zeros(DataType.FLOAT, examples, tokens, 1);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, examples, 1);
    for (int i = 0; i < examples; i++) {
      for (int j = 0; j < tokens; j++) {
        ids.putScalar(new int[] {i, j, 0}, random.nextInt(vocabulary));
      }
      labels.putScalar(i, 0, random.nextInt(CLASSES));
    }
    INDArray ones = Nd4j.ones(DataType.FLOAT, examples, tokens, 1);
    INDArray mask = Nd4j.ones(DataType.FLOAT, examples, tokens);
    INDArray[] inputs = {ids, ones, Nd4j.zeros(DataType.FLOAT, examples, tokens, 1)};
    return new MultiDataSet(
        inputs, new INDArray[] {labels}, new INDArray[] {mask, mask, mask}, new INDArray[] {null});
  }
}
