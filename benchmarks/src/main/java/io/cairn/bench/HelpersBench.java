/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.bench;

import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * What oneDNN is worth in a pass, and what it costs to hand it arrays that it reads rightly: the
 * gradient of one micro-batch, in processor time of the thread that computes it, so that other
 * processes count for little. Passes of all networks take turns.
 */
final class HelpersBench implements Bench.Benchmark {

  private static final String DISABLE = "org.eclipse.deeplearning4j.helpers.disable";
  private static final int EXAMPLES = 32;
  private static final int STEPS = 128;
  private static final int WARM_UPS = 10;
  private static final int ROUNDS = 60;

  @Override
  public String summary() {
    return "a pass with channels last, with dilations and without oneDNN over one with channels first";
  }

  /** What a network may have of oneDNN. */
  private enum OneDnn {
    /** As a run has it. */
    ON,
    /** No operation goes by it, the layers' helpers stay. */
    NO_OPERATION,
    /** Neither operations nor helpers. */
    OFF
  }

  /** A network, its micro-batch, and what its passes took. */
  private record Contestant(
      Replica replica, MultiDataSet batch, OneDnn oneDnn, List<Double> passes) {

    static Contestant of(NeuralNetConfiguration.ListBuilder list, MultiDataSet batch, OneDnn use) {
      String before = System.getProperty(DISABLE);
      System.setProperty(DISABLE, Boolean.toString(use == OneDnn.OFF));
      try {
        byte[] json = list.build().toJson().getBytes(StandardCharsets.UTF_8);
        byte[] archive = ModelSource.read("helpers.json", json, 7).archive();
        return new Contestant(new Replica(archive, 0), batch, use, new ArrayList<>());
      } finally {
        System.setProperty(DISABLE, before);
      }
    }

    void pass() {
      Nd4j.getEnvironment().allowHelpers(oneDnn == OneDnn.ON);
      long start = cpuNanos();
      replica.accumulate(batch, 1);
      passes.add((cpuNanos() - start) / 1e6);
      Nd4j.getEnvironment().allowHelpers(true);
    }

    double medianMs() {
      return Figures.median(passes.subList(WARM_UPS, passes.size()));
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  @Override
  public void run(BenchHome home, Figures figures) {
    Map<String, Contestant> all = new LinkedHashMap<>();
    MultiDataSet first = images(CNN2DFormat.NCHW);
    MultiDataSet last = images(CNN2DFormat.NHWC);
    all.put("images/first", Contestant.of(cnn(CNN2DFormat.NCHW), first, OneDnn.ON));
    all.put("images/last", Contestant.of(cnn(CNN2DFormat.NHWC), last, OneDnn.ON));
    all.put("images/first-without", Contestant.of(cnn(CNN2DFormat.NCHW), first, OneDnn.OFF));
    all.put("images/last-without", Contestant.of(cnn(CNN2DFormat.NHWC), last, OneDnn.OFF));
    MultiDataSet steps = sequences(RNNFormat.NCW);
    MultiDataSet stepsLast = sequences(RNNFormat.NWC);
    all.put("time/plain", Contestant.of(tcn(RNNFormat.NCW, 1), steps, OneDnn.ON));
    all.put("time/dilated", Contestant.of(tcn(RNNFormat.NCW, 2), steps, OneDnn.ON));
    all.put("time/plain-last", Contestant.of(tcn(RNNFormat.NWC, 1), stepsLast, OneDnn.ON));
    all.put(
        "time/dilated-without", Contestant.of(tcn(RNNFormat.NCW, 2), steps, OneDnn.NO_OPERATION));
    all.put("time/dilated-last", Contestant.of(tcn(RNNFormat.NWC, 2), stepsLast, OneDnn.ON));
    all.put(
        "time/dilated-last-without",
        Contestant.of(tcn(RNNFormat.NWC, 2), stepsLast, OneDnn.NO_OPERATION));
    for (int round = 0; round < WARM_UPS + ROUNDS; round++) {
      all.values().forEach(Contestant::pass);
    }
    double images = all.get("images/first").medianMs();
    double plain = all.get("time/plain").medianMs();
    all.forEach(
        (name, contestant) -> {
          double ms = contestant.medianMs();
          figures.note("%s: %.1f ms a pass of %d examples".formatted(name, ms, EXAMPLES));
          double yardstick = name.startsWith("images") ? images : plain;
          figures.figure("helpers/" + name, ms / yardstick, "passes");
        });
  }

  private static MultiDataSet images(CNN2DFormat format) {
    long[] shape =
        format == CNN2DFormat.NCHW
            ? new long[] {EXAMPLES, 1, 28, 28}
            : new long[] {EXAMPLES, 28, 28, 1};
    INDArray labels = Nd4j.zeros(DataType.FLOAT, EXAMPLES, 10);
    for (int i = 0; i < EXAMPLES; i++) {
      labels.putScalar(i, i % 10, 1);
    }
    return new MultiDataSet(Nd4j.rand(DataType.FLOAT, shape), labels);
  }

  /** The usual small network for images. */
  private static NeuralNetConfiguration.ListBuilder cnn(CNN2DFormat format) {
    return new NeuralNetConfiguration.Builder()
        .updater(new Sgd(0.01))
        .list()
        .layer(convolution(20, format))
        .layer(pooling(format))
        .layer(convolution(50, format))
        .layer(pooling(format))
        .layer(new DenseLayer.Builder().nOut(500).activation(Activation.RELU).build())
        .layer(new OutputLayer.Builder().nOut(10).activation(Activation.SOFTMAX).build())
        .setInputType(InputType.convolutional(28, 28, 1, format));
  }

  private static ConvolutionLayer convolution(int channels, CNN2DFormat format) {
    return new ConvolutionLayer.Builder(5, 5)
        .nOut(channels)
        .dataFormat(format)
        .activation(Activation.RELU)
        .build();
  }

  private static SubsamplingLayer pooling(CNN2DFormat format) {
    return new SubsamplingLayer.Builder(2, 2).stride(2, 2).dataFormat(format).build();
  }

  private static MultiDataSet sequences(RNNFormat format) {
    long[] inputs =
        format == RNNFormat.NCW ? new long[] {EXAMPLES, 8, STEPS} : new long[] {EXAMPLES, STEPS, 8};
    long[] labels =
        format == RNNFormat.NCW ? new long[] {EXAMPLES, 4, STEPS} : new long[] {EXAMPLES, STEPS, 4};
    return new MultiDataSet(Nd4j.rand(DataType.FLOAT, inputs), Nd4j.rand(DataType.FLOAT, labels));
  }

  /** Six causal convolutions over time; the last three are dilated by powers of {@code base}. */
  private static NeuralNetConfiguration.ListBuilder tcn(RNNFormat format, int base) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().updater(new Sgd(0.01)).list();
    for (int dilation : new int[] {1, 1, 1, base, base * base, base * base * base}) {
      list.layer(
          new Convolution1DLayer.Builder(3)
              .nOut(32)
              .dilation(dilation)
              .convolutionMode(ConvolutionMode.Causal)
              .rnnDataFormat(format)
              .activation(Activation.RELU)
              .build());
    }
    return list.layer(
            new RnnOutputLayer.Builder()
                .nOut(4)
                .dataFormat(format)
                .activation(Activation.SOFTMAX)
                .build())
        .setInputType(InputType.recurrent(8, STEPS, format));
  }
}
