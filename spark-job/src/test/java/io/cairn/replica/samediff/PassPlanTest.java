/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Passes that are computed by a plan and by shortcuts, held against SameDiff's own. */
class PassPlanTest {

  private static final DataType TYPE = DataType.DOUBLE;

  @BeforeAll
  static void mend() {
    Mends.apply();
  }

  /** A layer with a reshape whose shape the graph computes, a stretched factor and an embedding. */
  private static SameDiff layer() {
    Nd4j.getRandom().setSeed(7);
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder("ids", DataType.INT32, -1, -1);
    SDVariable table = graph.var("table", Nd4j.rand(TYPE, 9, 4));
    SDVariable x = graph.gather(table, ids, 0);
    SDVariable width = graph.slice(x.shape(), new int[] {2}, new int[] {1});
    SDVariable rows =
        graph.reshape(
            x, graph.concat(0, graph.constant(Nd4j.createFromArray(new long[] {-1})), width));
    SDVariable product = graph.mmul(rows, graph.var("weight", Nd4j.rand(TYPE, 4, 4)));
    SDVariable centred = product.sub(product.mean(true, 1));
    SDVariable deviation = graph.math().sqrt(graph.math().square(centred).mean(true, 1).add(0.1));
    SDVariable scaled =
        centred.div(deviation).mul(graph.var("scale", Nd4j.rand(TYPE, 4))).mul(graph.constant(0.5));
    SDVariable shifted =
        graph.reshape(scaled.add(graph.var("shift", Nd4j.rand(TYPE, 4))), x.shape()).add(x);
    graph.math().square(shifted).sum().markAsLoss();
    graph.createGradFunction();
    return graph;
  }

  private static Map<String, INDArray> places(SameDiff graph) {
    Map<String, INDArray> places = new LinkedHashMap<>();
    for (SDVariable variable : graph.variables()) {
      if (GraphFile.isTrained(variable)) {
        places.put(
            variable.getGradient().name(), Nd4j.valueArrayOf(variable.getArr().shape(), 99, TYPE));
      }
    }
    return places;
  }

  private static GraphSession session(SameDiff graph, Map<String, INDArray> places) {
    return new GraphSession(
        graph.getFunction("grad"), places, Operation.TRAINING, new DropoutMasks(List.of(), TYPE));
  }

  @Test
  void eachPassGivesTheBitsOfAFirstOneWhateverTheLengthsBefore() {
    SameDiff graph = layer();
    List<String> losses = List.copyOf(graph.getLossVariables());
    Map<String, INDArray> places = places(graph);
    try (GraphSession session = session(graph, places)) {
      for (int[] shape : new int[][] {{2, 3}, {2, 3}, {2, 5}, {1, 5}, {2, 3}, {1, 1}, {2, 3}}) {
        INDArray ids = Nd4j.rand(TYPE, shape[0], shape[1]).muli(9).castTo(DataType.INT32);
        Map<String, INDArray> loss = session.compute(losses, Map.of("ids", ids));
        Map<String, INDArray> alone = places(graph);
        try (GraphSession fresh = session(graph, alone)) {
          assertThat(loss).isEqualTo(fresh.compute(losses, Map.of("ids", ids)));
        }
        alone.forEach(
            (name, gradient) ->
                assertThat(places.get(name).data().asDouble())
                    .as(name)
                    .isEqualTo(gradient.data().asDouble()));
        assertIsSameDiffs(graph, Map.of("ids", ids), places);
      }
    }
  }

  @Test
  void whatIsAskedForMayChangeBetweenPasses() {
    SameDiff graph = layer();
    List<String> losses = List.copyOf(graph.getLossVariables());
    INDArray ids = Nd4j.createFromArray(new int[][] {{1, 2, 3}});
    String embedded = graph.getOps().values().iterator().next().getOutputsOfOp().get(0);
    try (GraphSession session = new GraphSession(graph)) {
      for (int pass = 0; pass < 3; pass++) {
        INDArray loss = session.compute(losses, Map.of("ids", ids)).get(losses.get(0));
        INDArray rows = session.compute(List.of(embedded), Map.of("ids", ids)).get(embedded);
        INDArray again = session.compute(List.of(embedded), Map.of("ids", ids)).get(embedded);
        assertThat(loss.isScalar()).isTrue();
        assertThat(rows.shape()).containsExactly(1, 3, 4);
        assertThat(again).isEqualTo(rows);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2,3,4|2,3,4",
        "2,3,4|4",
        "4|2,3,4",
        "2,3,4|1,1,4",
        "2,3,4|2,3,1",
        "2,3,1|2,3,4",
        "2,3,4|1,3,1",
        "3,4|1",
        "3,4|1,1",
        "1,4|3,1",
        "1,1|1,1",
        "4|4",
        "4|1",
        "3,1|1",
        "1,4|4"
      })
  void gradientsOfPairsAreSameDiffs(String a, String b) {
    List<BiFunction<SDVariable, SDVariable, SDVariable>> pairs =
        List.of(SDVariable::add, SDVariable::sub, SDVariable::mul);
    for (BiFunction<SDVariable, SDVariable, SDVariable> pair : pairs) {
      SameDiff graph = SameDiff.create();
      SDVariable x = graph.placeHolder("x", TYPE, -1);
      SDVariable one = graph.var("a", Nd4j.rand(TYPE, shape(a)));
      SDVariable other = graph.var("b", Nd4j.rand(TYPE, shape(b)));
      SDVariable both = pair.apply(one, other);
      graph.math().square(both).sum().mul(x.sum()).markAsLoss();
      graph.createGradFunction();
      Map<String, INDArray> given = Map.of("x", Nd4j.createFromArray(0.25, 0.5));
      Map<String, INDArray> places = places(graph);
      try (GraphSession session = session(graph, places)) {
        for (int pass = 0; pass < 2; pass++) {
          places.values().forEach(place -> place.assign(99));
          session.compute(List.copyOf(graph.getLossVariables()), given);
          assertIsSameDiffs(graph, given, places);
        }
      }
    }
  }

  private static long[] shape(String text) {
    return Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  /** Without shortcuts and plans. */
  private static void assertIsSameDiffs(
      SameDiff graph, Map<String, INDArray> given, Map<String, INDArray> places) {
    for (SDVariable variable : graph.variables()) {
      if (GraphFile.isTrained(variable)) {
        INDArray own = graph.calculateGradients(given, variable.name()).get(variable.name());
        INDArray ours = places.get(variable.getGradient().name());
        assertThat(ours.sub(own).amaxNumber().doubleValue())
            .as(variable.name())
            .isLessThan(1e-12 * (1 + own.amaxNumber().doubleValue()));
      }
    }
  }
}
