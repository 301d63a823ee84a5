/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
 * <p>Arguments: model, images, micro, steps, a file. Appends a byte to it for each window, for
 * ever.
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
   * @param model a configuration's file
   * @param data images, or {@link #SEQUENCES}
   * @param micro examples of a micro-batch
   * @param steps micro-batches of an update
   */
  record Work(Path model, String data, int micro, int steps) {}

  /**
   * Starts some of them at the same time, as executors would be, and waits for their first windows.
   */
  static Turns.Training start(BenchHome home, int processes, Work work)
      throws IOException, InterruptedException {
    Loops loops = new Loops(new ArrayList<>(), new ArrayList<>(), work.micro() * work.steps());
    try {
      for (int i = 0; i < processes; i++) {
        Path windows = Files.createTempFile(home.scratch(), "windows-", "");
        ProcessBuilder builder =
            new ProcessBuilder(
                home.javaCommand(
                    EXECUTOR_JVM,
                    BareLoop.class,
                    work.model().toString(),
                    work.data(),
                    String.valueOf(work.micro()),
                    String.valueOf(work.steps()),
                    windows.toString()));
        builder.environment().put("OMP_NUM_THREADS", "1");
        loops.windows.add(windows);
        loops.running.add(
            builder
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
      }
      loops.awaitFirstWindows();
      return loops;
    } catch (IOException | RuntimeException | InterruptedException e) {
      loops.close();
      throw e;
    }
  }

  private record Loops(List<Process> running, List<Path> windows, int windowExamples)
      implements Turns.Training {

    @Override
    public long examples() throws IOException {
      long count = 0;
      for (Path file : windows) {
        count += Files.size(file);
      }
      return count * windowExamples;
    }

    @Override
    public List<ProcessHandle> processes() {
      return running.stream().map(Process::toHandle).toList();
    }

    void awaitFirstWindows() throws IOException, InterruptedException {
      for (int i = 0; i < running.size(); i++) {
        while (Files.size(windows.get(i)) == 0) {
          if (running.get(i).waitFor(50, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("a bare loop ended before its first window");
          }
        }
      }
    }

    @Override
    public void close() {
      running.forEach(Process::destroyForcibly);
    }
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
    try (OutputStream windows = Files.newOutputStream(Path.of(arguments[4]))) {
      while (true) {
        loop.window();
        windows.write('.');
      }
    }
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

    void window() {
      int examples = 0;
      sum.assign(0);
      for (int i = 0; i < steps; i++) {
        INDArray x = features.get(next);
        net.setInput(x);
        net.setLabels(labels.get(next));
        next = (next + 1) % features.size();
        net.computeGradientAndScore();
        sum.addi(net.getFlattenedGradients().reshape(sum.length()));
        examples += (int) x.size(0);
      }
      INDArray gradient = net.getFlattenedGradients();
      gradient.reshape(sum.length()).assign(sum);
      net.getUpdater()
          .update(net, net.gradient(), iteration++, 0, examples, LayerWorkspaceMgr.noWorkspaces());
      net.params().subi(gradient.reshape(net.params().shape()));
    }
  }
}
