/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.updater;

import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.AdamUpdater;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.schedule.ISchedule;

/**
 * Adam as its authors write it: {@code rate * m' / (sqrt(v') + epsilon)}, where m' and v' are the
 * moments with their bias corrected (Kingma and Ba 2015, algorithm 1). ND4J's Adam adds epsilon
 * before v is corrected, which for small gradients is another step.
 *
 * <p>Its state is that of ND4J's Adam, and so is the operation that computes it.
 *
 * <p>Threading: immutable.
 *
 * @param rate of the step over time
 */
record PaperAdam(RateSchedule rate, double beta1, double beta2, double epsilon)
    implements IUpdater {

  private static final long serialVersionUID = 1L;

  @Override
  public long stateSize(long parameters) {
    return 2 * parameters;
  }

  @Override
  public GradientUpdater<PaperAdam> instantiate(INDArray state, boolean initialize) {
    INDArray flat = state.reshape(state.length());
    Step step = new Step(this);
    step.setStateViewArray(flat, new long[] {flat.length() / 2}, flat.ordering(), initialize);
    return step;
  }

  @Override
  public GradientUpdater<PaperAdam> instantiate(Map<String, INDArray> state, boolean initialize) {
    Step step = new Step(this);
    step.setState(state, initialize);
    return step;
  }

  @Override
  @SuppressWarnings("MethodDoesntCallSuperMethod")
  public IUpdater clone() {
    return this;
  }

  @Override
  public double getLearningRate(int iteration, int epoch) {
    return rate.valueAt(iteration, epoch);
  }

  @Override
  public boolean hasLearningRate() {
    return true;
  }

  @Override
  public void setLrAndSchedule(double learningRate, ISchedule schedule) {
    throw new UnsupportedOperationException("its rate is the settings'");
  }

  /**
   * The step on a block of parameters.
   *
   * <p>Threading: the replica's thread.
   */
  private static final class Step implements GradientUpdater<PaperAdam> {

    /** So late that ND4J's operation corrects no bias any more: it would in the array's type. */
    private static final int LATE = 1_000_000_000;

    private final PaperAdam config;
    private final AdamUpdater moments = new AdamUpdater(new Adam());

    Step(PaperAdam config) {
      this.config = config;
    }

    @Override
    public PaperAdam getConfig() {
      return config;
    }

    @Override
    public void setState(Map<String, INDArray> state, boolean initialize) {
      moments.setState(state, initialize);
    }

    @Override
    public Map<String, INDArray> getState() {
      return moments.getState();
    }

    @Override
    public void setStateViewArray(
        INDArray state, long[] gradientShape, char gradientOrder, boolean initialize) {
      moments.setStateViewArray(state, gradientShape, gradientOrder, initialize);
    }

    @Override
    public void applyUpdater(INDArray gradient, int iteration, int epoch) {
      double ofMean = 1 - StrictMath.pow(config.beta1, iteration + 1.0);
      double ofSquares = Math.sqrt(1 - StrictMath.pow(config.beta2, iteration + 1.0));
      double rate = config.getLearningRate(iteration, epoch);
      // ND4J takes a step of 0 for a mistake, and makes epsilon of it.
      INDArray m = getState().get(AdamUpdater.M_STATE);
      INDArray v = getState().get(AdamUpdater.V_STATE);
      double tooMuch = Math.sqrt(newShare(config.beta2, v) / (1 - config.beta2));
      double step =
          rate == 0
              ? 1
              : rate
                  * ofSquares
                  / ofMean
                  * tooMuch
                  * (1 - config.beta1)
                  / newShare(config.beta1, m);
      Nd4j.exec(
          new org.nd4j.linalg.api.ops.impl.updaters.AdamUpdater(
              gradient.reshape(v.shape()),
              v,
              m,
              step,
              config.beta1,
              config.beta2,
              config.epsilon * ofSquares * tooMuch,
              LATE));
      if (rate == 0) {
        gradient.assign(0);
      }
    }

    /** What ND4J takes for 1 - beta: in float32 1 - 0.999 is too large by 5e-5. */
    private static double newShare(double beta, INDArray moment) {
      return moment.dataType() == DataType.FLOAT ? 1f - (float) beta : 1 - beta;
    }
  }
}
