/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The yardstick of efficiency, in a process of its own: plain DL4J on one core, gradient, add, one
 * updater call a window; no Spark, no data movement (its micro-batches are ready arrays).
 *
 * <p>Arguments: model, images, micro, steps, seconds to warm up, seconds to measure. Prints
 * examples a second.
 */
public final class BareLoop {

  /** In place of images: random sequences of 8 steps of 8 values. */
  static final String SEQUENCES = "sequences";

  private static final int READY_BATCHES = 64;

  /** Heap and collector of the executors, so that only the machinery differs. */
  private static final List<String> EXECUTOR_JVM =
      List.of(
          "-Xmx1g",
          "-Xms1g",
          "-XX:+UseParallelGC",
          "-XX:NewRatio=1",
          "-XX:SurvivorRatio=2",
          "-XX:-UseAdaptiveSizePolicy");

  private BareLoop() {}

  /**
   * What each loop does.
   *
   * @param micro examples of a micro-batch
   * @param steps micro-batches of an update
   * @param warmUp before it is measured
   * @param stretch that is measured
   */
  record Work(int micro, int steps, Duration warmUp, Duration stretch) {}

  /**
   * Some of them at the same time, as executors would; the sum of their figures.
   *
   * @param model a configuration's file
   * @param data images, or {@link #SEQUENCES}
   * @return examples a second
   */
  static double together(BenchHome home, int processes, Path model, String data, Work work)
      throws IOException {
    List<Process> loops = new ArrayList<>();
    for (int i = 0; i < processes; i++) {
      ProcessBuilder builder =
          new ProcessBuilder(
              home.javaCommand(
                  EXECUTOR_JVM,
                  BareLoop.class,
                  model.toString(),
                  data,
                  String.valueOf(work.micro()),
                  String.valueOf(work.steps()),
                  String.valueOf(work.warmUp().toSeconds()),
                  String.valueOf(work.stretch().toSeconds())));
      builder.environment().put("OMP_NUM_THREADS", "1");
      loops.add(builder.redirectError(ProcessBuilder.Redirect.DISCARD).start());
    }
    double sum = 0;
    for (Process loop : loops) {
      String said =
          new String(loop.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      sum += Double.parseDouble(said.substring(said.lastIndexOf('\n') + 1));
    }
    return sum;
  }

  /** See the class comment. */
  public static void main(String[] arguments) throws Exception {
    MultiLayerNetwork net =
        new MultiLayerNetwork(
            MultiLayerConfiguration.fromJson(Files.readString(Path.of(arguments[0]))));
    int micro = Integer.parseInt(arguments[2]);
    int steps = Integer.parseInt(arguments[3]);
    net.init();
    net.initGradientsView();
    List<INDArray> features = new ArrayList<>();
    List<INDArray> labels = new ArrayList<>();
    if (arguments[1].equals(SEQUENCES)) {
      makeSequences(micro, features, labels);
    } else {
      read(Path.of(arguments[1]), micro, features, labels);
    }
    Loop loop = new Loop(net, features, labels, steps);
    loop.runFor(Double.parseDouble(arguments[4]));
    double examplesPerSecond = loop.runFor(Double.parseDouble(arguments[5]));
    System.out.printf(Locale.ROOT, "%.1f%n", examplesPerSecond);
    System.exit(0);
  }

  private static void makeSequences(int micro, List<INDArray> features, List<INDArray> labels) {
    for (int i = 0; i < READY_BATCHES; i++) {
      features.add(Nd4j.rand(DataType.FLOAT, micro, 8, 8));
      INDArray label = Nd4j.zeros(DataType.FLOAT, micro, BenchHome.CLASSES);
      for (int row = 0; row < micro; row++) {
        label.putScalar(row, row % BenchHome.CLASSES, 1);
      }
      labels.add(label);
    }
  }

  /** The first images of Cairn's own data, scaled alike. */
  private static void read(Path images, int micro, List<INDArray> features, List<INDArray> labels)
      throws IOException {
    Path labelFile =
        images.resolveSibling(
            images.getFileName().toString().replace("images-idx3", "labels-idx1"));
    try (InputStream pixels = new BufferedInputStream(Files.newInputStream(images));
        InputStream classes = new BufferedInputStream(Files.newInputStream(labelFile))) {
      pixels.skipNBytes(16);
      classes.skipNBytes(8);
      for (int i = 0; i < READY_BATCHES; i++) {
        float[] values = new float[micro * BenchHome.FEATURES];
        for (int j = 0; j < values.length; j++) {
          values[j] = pixels.read() / 255f;
        }
        features.add(Nd4j.createFromArray(values).reshape(micro, BenchHome.FEATURES));
        INDArray label = Nd4j.zeros(DataType.FLOAT, micro, BenchHome.CLASSES);
        for (int row = 0; row < micro; row++) {
          label.putScalar(row, classes.read(), 1);
        }
        labels.add(label);
      }
    }
  }

  private static final class Loop {
    private final MultiLayerNetwork net;
    private final List<INDArray> features;
    private final List<INDArray> labels;
    private final int steps;
    private final INDArray sum;
    private int iteration;
    private int next;

    Loop(MultiLayerNetwork net, List<INDArray> features, List<INDArray> labels, int steps) {
      this.net = net;
      this.features = features;
      this.labels = labels;
      this.steps = steps;
      this.sum = Nd4j.zeros(DataType.FLOAT, net.numParams());
    }

    double runFor(double seconds) {
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      long examples = 0;
      long now = start;
      while (now < end) {
        examples += window();
        now = System.nanoTime();
      }
      return examples * 1e9 / (now - start);
    }

    private long window() {
      long examples = 0;
      sum.assign(0);
      for (int i = 0; i < steps; i++) {
        INDArray x = features.get(next);
        net.setInput(x);
        net.setLabels(labels.get(next));
        next = (next + 1) % features.size();
        net.computeGradientAndScore();
        sum.addi(net.getFlattenedGradients().reshape(sum.length()));
        examples += x.size(0);
      }
      INDArray gradient = net.getFlattenedGradients();
      gradient.reshape(sum.length()).assign(sum);
      net.getUpdater()
          .update(
              net,
              net.gradient(),
              iteration++,
              0,
              (int) examples,
              LayerWorkspaceMgr.noWorkspaces());
      net.params().subi(gradient.reshape(net.params().shape()));
      return examples;
    }
  }
}
