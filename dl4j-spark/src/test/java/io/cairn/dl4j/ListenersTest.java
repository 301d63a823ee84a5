/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.optimize.listeners.PerformanceListener;
import org.deeplearning4j.spark.api.stats.SparkTrainingStats;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

/** What listeners hear, and where the time goes. */
class ListenersTest {

  private static SparkDl4jMultiLayer wrapper() {
    return new SparkDl4jMultiLayer(
        SparkFixture.local(),
        Cases.classifier(DataType.FLOAT, 1),
        new CairnTrainingMaster.Builder()
            .workers(1)
            .batchSizePerWorker(2)
            .accumulationSteps(5)
            .build());
  }

  private static final class Diary extends BaseTrainingListener {
    private final List<String> heard = new ArrayList<>();
    private final List<Double> scores = new ArrayList<>();

    @Override
    public void iterationDone(Model model, int iteration, int epoch) {
      heard.add("iteration %d of epoch %d".formatted(iteration, epoch));
      scores.add(model.score());
    }

    @Override
    public void onEpochStart(Model model) {
      heard.add("start");
    }

    @Override
    public void onEpochEnd(Model model) {
      heard.add("end with " + model.params().length() + " parameters");
    }
  }

  @Test
  void listenersHearEachUpdateOnceAndInOrderWithItsScore() {
    Diary diary = new Diary();
    SparkDl4jMultiLayer wrapper = wrapper();
    wrapper.setListeners(diary);
    wrapper.setCollectTrainingStats(true);
    for (int i = 0; i < 2; i++) {
      wrapper.fit(
          SparkFixture.local().parallelize(List.of(Cases.classified(DataType.FLOAT, 25)), 1));
    }
    assertThat(diary.heard)
        .containsExactly(
            "start",
            "iteration 0 of epoch 0",
            "iteration 1 of epoch 0",
            "iteration 2 of epoch 0",
            "end with 75 parameters",
            "start",
            "iteration 3 of epoch 1",
            "iteration 4 of epoch 1",
            "iteration 5 of epoch 1",
            "end with 75 parameters");
    assertThat(diary.scores).doesNotHaveDuplicates().allMatch(score -> score > 0 && score < 5);
    assertThat(wrapper.getScore()).isEqualTo(diary.scores.get(5));
    SparkTrainingStats stats = wrapper.getSparkTrainingStats();
    assertThat(stats.getValue(FitStatistics.FIT)).hasSize(2);
    assertThat(stats.getValue(FitStatistics.UPDATE)).hasSize(6);
    assertThat(stats.statsAsString()).contains("CairnRunTimesMs", "CairnReduceTimesMs");
  }

  @Test
  void aListenerThatWantsParametersDuringAFitEndsItAndIsNamed() {
    SparkDl4jMultiLayer wrapper = wrapper();
    wrapper
        .getNetwork()
        .setListeners(
            new BaseTrainingListener() {
              @Override
              public void iterationDone(Model model, int iteration, int epoch) {
                model.params().sumNumber();
              }
            });
    double before = wrapper.getNetwork().params().sumNumber().doubleValue();
    assertThatThrownBy(
            () ->
                wrapper.fit(
                    SparkFixture.local()
                        .parallelize(List.of(Cases.classified(DataType.FLOAT, 10)), 1)))
        .hasMessageContaining("ListenersTest")
        .hasMessageContaining("failed at iteration 0")
        .hasMessageContaining("a network with a score and without parameters");
    assertThat(wrapper.getNetwork().params().sumNumber().doubleValue()).isEqualTo(before);
  }

  @Test
  void listenersThatMeasureTimeBetweenCallsAreRefused() {
    assertThatThrownBy(() -> wrapper().setListeners(new PerformanceListener(1)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("PerformanceListener: it measures the time between calls");
  }
}
