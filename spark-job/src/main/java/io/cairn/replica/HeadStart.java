/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.concurrent.atomic.AtomicReference;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts ND4J and Deeplearning4j while the process waits for something else. Their native libraries
 * and some thousand classes take seconds, which a run would else spend when it needs them: on the
 * driver while Spark starts, on executors while the driver looks at the data.
 *
 * <p>It makes a pass of a network of two units and forgets it. Nothing that a run computes depends
 * on it: ND4J's random generator and workspaces belong to the thread.
 *
 * <p>Whoever touches ND4J afterwards waits for its end first ({@link #awaitEnd}), since two threads
 * that load its classes at once may wait for each other for ever.
 *
 * <p>Threading: safe everywhere; the work is done by a daemon thread of its own.
 *
 * <p>Failure: none of its own. What does not work is logged, and fails again where it is needed.
 */
public final class HeadStart {

  private static final Logger LOG = LoggerFactory.getLogger(HeadStart.class);

  /** A process has one ND4J. */
  private static final AtomicReference<Thread> WORK = new AtomicReference<>();

  private HeadStart() {}

  /**
   * Begins, once in a process. To be called before anything touches ND4J. Does nothing in a jar
   * with CUDA: there a process must first be told which device is its own.
   */
  public static void begin() {
    if (!ComputeDevice.isCpuOnly()) {
      return;
    }
    Thread work = new Thread(HeadStart::run, "cairn-head-start");
    work.setDaemon(true);
    if (WORK.compareAndSet(null, work)) {
      work.start();
    }
  }

  /** Waits until it has ended, if it has begun. */
  static void awaitEnd() {
    Thread work = WORK.get();
    if (work == null || work == Thread.currentThread()) {
      return;
    }
    boolean interrupted = false;
    while (work.isAlive()) {
      try {
        work.join();
      } catch (InterruptedException e) {
        // It lasts a second or two; then the interrupt is its receiver's again.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void run() {
    long start = System.nanoTime();
    try {
      ComputeDevice.prepareProcess();
      pass();
      LOG.debug("head start: {} ms", (System.nanoTime() - start) / 1_000_000);
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("ND4J could not be started ahead of time: {}", e.toString());
    }
  }

  private static void pass() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Adam())
            .list()
            .layer(new DenseLayer.Builder().nIn(2).nOut(2).activation(Activation.RELU).build())
            .layer(
                new OutputLayer.Builder(LossFunction.MCXENT)
                    .nIn(2)
                    .nOut(2)
                    .activation(Activation.SOFTMAX)
                    .build())
            .build();
    Network network =
        ModelConfiguration.parse("the head start", configuration.toJson()).network(null, null);
    Network reference = network.quietCopies().in(DataType.DOUBLE);
    reference.backpropagate(SomeExamples.in(DataType.DOUBLE, examples()));
    reference.release();
    network.backpropagate(examples());
    network.update(2);
    network.release();
    OffHeapMemory.freeWorkspaces();
  }

  private static MultiDataSet examples() {
    return new MultiDataSet(Nd4j.eye(2), Nd4j.eye(2));
  }
}
