/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The measures are those of scikit-learn, whatever the order and the parts. */
class RowMeasureTest {

  private static JsonNode fixture(String name) throws IOException {
    try (InputStream in = RowMeasureTest.class.getResourceAsStream("/scoring/measures.json")) {
      return new ObjectMapper().readTree(in).get(name);
    }
  }

  private static RowMeasure measure(String name) {
    if (name.startsWith("classes")) {
      return new ClassMeasure(List.of("0", "1", "2"), ClassMeasure.Form.PROBABILITIES);
    }
    if (name.startsWith("binary")) {
      return new ClassMeasure(List.of("0", "1"), ClassMeasure.Form.ONE_PROBABILITY);
    }
    return name.startsWith("labels") ? new LabelMeasure(3) : new NumberMeasure(2);
  }

  private static double[] doubles(JsonNode values) {
    if (!values.isArray()) {
      return new double[] {values.asDouble()};
    }
    return IntStream.range(0, values.size()).mapToDouble(i -> values.get(i).asDouble()).toArray();
  }

  private static void add(RowMeasure measure, JsonNode fixture, int row) {
    measure.add(
        doubles(fixture.get("outputs").get(row)),
        0,
        doubles(fixture.get("labels").get(row)),
        fixture.get("weights").get(row).asDouble());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "classes",
        "classesWeighted",
        "binary",
        "binaryWeighted",
        "labels",
        "labelsWeighted",
        "numbers",
        "numbersWeighted"
      })
  void measuresAreThoseOfScikitLearnInAnyOrderAndAnyParts(String name) throws IOException {
    JsonNode fixture = fixture(name);
    int rows = fixture.get("outputs").size();
    RowMeasure whole = measure(name);
    for (int row = 0; row < rows; row++) {
      add(whole, fixture, row);
    }
    Map<String, Object> results = whole.results();
    fixture
        .get("results")
        .fields()
        .forEachRemaining(
            expected ->
                assertThat((Double) results.get(expected.getKey()))
                    .as(expected.getKey())
                    .isCloseTo(expected.getValue().asDouble(), offset(2e-12)));
    String table = name.startsWith("numbers") ? "columns" : "classes";
    for (int i = 0; fixture.has("rows") && i < fixture.get("rows").size(); i++) {
      Map<?, ?> found = (Map<?, ?>) ((List<?>) results.get(table)).get(i);
      fixture
          .get("rows")
          .get(i)
          .fields()
          .forEachRemaining(
              expected ->
                  assertThat((Double) found.get(expected.getKey()))
                      .as(expected.getKey())
                      .isCloseTo(expected.getValue().asDouble(), offset(2e-12)));
    }

    List<Integer> order = new ArrayList<>(IntStream.range(0, rows).boxed().toList());
    Random random = new Random(3);
    for (int parts : List.of(1, 3, 7)) {
      Collections.shuffle(order, random);
      List<RowMeasure> split = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        split.add(measure(name));
      }
      for (int row : order) {
        add(split.get(random.nextInt(parts)), fixture, row);
      }
      RowMeasure all = measure(name);
      split.forEach(all::merge);
      assertThat(all.results()).as("%d parts", parts).isEqualTo(results);
    }
  }
}
