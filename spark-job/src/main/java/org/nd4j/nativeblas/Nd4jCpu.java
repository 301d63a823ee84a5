/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nd4j.nativeblas;

/**
 * Tells Deeplearning4j that oneDNN is there, under the one name by which it asks.
 *
 * <p>Deeplearning4j 1.0.0-M2.1 has fast convolution, pooling, LSTM and normalization code on top of
 * oneDNN. Before using it, its {@code BaseMKLDNNHelper} asks, by reflection, {@code
 * Nd4jCpu$Environment.getInstance().isUseMKLDNN()} of this package. In M2.1 that class lives in
 * another package ({@code org.nd4j.linalg.cpu.nativecpu.bindings}); not finding it counts as "no",
 * and convolutions run about four times slower without a word. This class answers instead. It holds
 * nothing else, and nothing in Cairn calls it.
 *
 * <p>Two more conditions are out of its hands: the system property {@code
 * org.eclipse.deeplearning4j.helpers.disable=false} on every JVM that computes, and an ND4J binary
 * built with oneDNN. With a plain binary the helpers are asked, find no oneDNN kernel for the
 * operation and run ND4J's own. See {@code docs/decisions/0003-onednn-helpers.md}.
 *
 * <p>Threading: stateless, safe everywhere.
 */
public final class Nd4jCpu {

  private Nd4jCpu() {}

  /** Answers the one question that Deeplearning4j asks of the class that used to have this name. */
  public static final class Environment {

    private static final Environment INSTANCE = new Environment();

    private Environment() {}

    /** The only instance; the name is the one that Deeplearning4j looks up. */
    public static Environment getInstance() {
      return INSTANCE;
    }

    /** Whether layers may use their oneDNN implementations: always. */
    public boolean isUseMKLDNN() {
      return true;
    }
  }
}
