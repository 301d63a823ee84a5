/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.cairn.scoring.metrics.ClassMeasure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts are those of scikit-learn and of {@code evaluate}, added up over ranks. */
class ClassTableTest {

  private static final int RANKS = 3;

  private static JsonNode fixture(String name) throws IOException {
    try (InputStream in = ClassTableTest.class.getResourceAsStream("/scoring/measures.json")) {
      return new ObjectMapper().readTree(in).get(name);
    }
  }

  private static double[] doubles(JsonNode values) {
    return IntStream.range(0, values.size()).mapToDouble(i -> values.get(i).asDouble()).toArray();
  }

  private static ValidationSums sums(ClassTable table) {
    return new ValidationSums(
        List.of(new Measured(Measured.OutputKind.NOTHING, 1, Measured.StepAxis.LAST)),
        List.of(Optional.of(table)));
  }

  /** As the all-reduce adds them. */
  private static ClassTable added(List<ClassTable> ranks, ClassTable into) {
    ByteBuffer total = ByteBuffer.allocate(8 + 8 * sums(into).sumValues());
    sums(into).write(total);
    for (ClassTable rank : ranks) {
      ByteBuffer own = ByteBuffer.allocate(total.capacity());
      sums(rank).write(own);
      for (int at = 8; at < total.capacity(); at += 8) {
        total.putDouble(at, total.getDouble(at) + own.getDouble(at));
      }
    }
    sums(into).read(total.clear());
    return into;
  }

  @ParameterizedTest
  @ValueSource(strings = {"classes", "classesWeighted", "binary", "binaryWeighted"})
  void countsAreThoseOfScikitLearnAndOfAnEvaluation(String name) throws IOException {
    JsonNode fixture = fixture(name);
    boolean isBinary = name.startsWith("binary");
    int classes = isBinary ? 2 : 3;
    ClassMeasure evaluated =
        new ClassMeasure(
            IntStream.range(0, classes).mapToObj(String::valueOf).toList(),
            isBinary ? ClassMeasure.Form.ONE_PROBABILITY : ClassMeasure.Form.PROBABILITIES);
    List<ClassTable> ranks =
        Stream.generate(() -> new ClassTable(classes, ClassTable.Outputs.PROBABILITIES))
            .limit(RANKS)
            .toList();
    for (int row = 0; row < fixture.get("outputs").size(); row++) {
      double[] outputs = doubles(fixture.get("outputs").get(row));
      int right = fixture.get("labels").get(row).asInt();
      double weight = fixture.get("weights").get(row).asDouble();
      evaluated.add(outputs, 0, new double[] {right}, weight);
      ranks.get(row % RANKS).add(outputs, 0, outputs.length, right, weight);
    }
    ClassTable all = added(ranks, new ClassTable(classes, ClassTable.Outputs.PROBABILITIES));

    Map<String, Object> results = evaluated.results();
    List<?> confusion = (List<?>) results.get("confusion");
    for (int right = 0; right < classes; right++) {
      for (int found = 0; found < classes; found++) {
        double expected = ((Number) ((List<?>) confusion.get(right)).get(found)).doubleValue();
        assertThat(all.taken(right, found)).isCloseTo(expected, offset(1e-12));
        if (fixture.has("confusion")) {
          assertThat(all.taken(right, found))
              .as("%d taken for %d, by scikit-learn", right, found)
              .isCloseTo(fixture.get("confusion").get(right).get(found).asDouble(), offset(1e-12));
        }
      }
    }
    if (fixture.get("results").has("calibrationError")) {
      assertThat(all.calibrationError())
          .isCloseTo(fixture.get("results").get("calibrationError").asDouble(), offset(2e-12));
    }
    assertThat(all.calibrationError())
        .isCloseTo((Double) results.get("calibrationError"), offset(1e-12));
    List<?> bins = (List<?>) results.get("calibration");
    assertThat(all.calibration()).hasSameSizeAs(bins).hasSizeGreaterThan(5);
    for (int i = 0; i < bins.size(); i++) {
      Map<?, ?> expected = (Map<?, ?>) bins.get(i);
      ClassTable.Bin bin = all.calibration().get(i);
      assertThat(bin.above()).isEqualTo(expected.get("above"));
      assertThat(bin.upTo()).isEqualTo(expected.get("upTo"));
      assertThat(bin.weight())
          .isCloseTo(((Number) expected.get("weight")).doubleValue(), offset(1e-12));
      assertThat(bin.meanProbability())
          .isCloseTo((Double) expected.get("meanProbability"), offset(1e-12));
      assertThat(bin.accuracy()).isCloseTo((Double) expected.get("accuracy"), offset(1e-12));
    }
  }

  @Test
  void valuesThatAreNoProbabilitiesHaveNoCalibration() {
    ClassTable table = new ClassTable(3, ClassTable.Outputs.VALUES);
    table.add(new double[] {9, -4, 7, 8}, 1, 3, 1, 2);
    assertThat(table.taken(1, 2)).isEqualTo(2);
    assertThat(table.calibration()).isEmpty();
    assertThat(table.calibrationError()).isNaN();
  }

  @Test
  void pairsOfVeryManyClassesAreNotCountedAndTheirCalibrationIs() {
    ClassTable table = new ClassTable(50_000, ClassTable.Outputs.PROBABILITIES);
    double[] outputs = new double[50_000];
    outputs[49_999] = 0.9;
    table.add(outputs, 0, outputs.length, 49_999, 1);
    assertThat(table.hasPairs()).isFalse();
    assertThat(sums(table).sumValues()).isLessThan(100);
    assertThat(table.calibration())
        .containsExactly(new ClassTable.Bin(13 / 15.0, 14 / 15.0, 1, 0.9, 1));
  }

  @Test
  void whatIsNoNumberIsCountedNowhereElse() {
    ClassTable table = new ClassTable(2, ClassTable.Outputs.PROBABILITIES);
    List<double[]> rows = new ArrayList<>();
    rows.add(new double[] {Double.NaN, 0.5});
    rows.add(new double[] {0.5, Double.POSITIVE_INFINITY});
    rows.forEach(row -> table.add(row, 0, 2, 0, 1.5));
    assertThat(table.notFinite()).isEqualTo(3);
    assertThat(table.calibration()).isEmpty();
    assertThat(table.taken(0, 0) + table.taken(0, 1)).isZero();
  }
}
