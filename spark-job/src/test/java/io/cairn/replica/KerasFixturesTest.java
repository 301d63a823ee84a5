/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * Keras's own files give Keras's outputs, and its losses in five updates, to 1e-5 of the value and
 * at least 1e-5 absolutely; or they are refused, with a sentence that says what would do.
 */
class KerasFixturesTest {

  private static final double TOLERANCE = 1e-5;

  static List<KerasFixture> fixtures() throws IOException {
    return KerasFixture.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fixtures")
  void aKerasFileTrainsAsInKerasOrIsRefused(KerasFixture fixture) {
    if (fixture.refused().isPresent()) {
      assertThatThrownBy(() -> read(fixture))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(fixture.file())
          .hasMessageContaining(fixture.refused().get());
      return;
    }
    ModelSource source = read(fixture);
    fixture
        .note()
        .ifPresent(note -> assertThat(source.notes()).anyMatch(one -> one.contains(note)));
    requireOutputs(fixture, source);
    requireLosses(fixture, source);
  }

  private static ModelSource read(KerasFixture fixture) {
    return ModelSource.read(fixture.file(), fixture.content(), 3);
  }

  private static void requireOutputs(KerasFixture fixture, ModelSource source) {
    Replica replica = new Replica(source.archive(), 16);
    INDArray[] outputs = replica.network().output(fixture.examples());
    INDArray[] expected = fixture.outputs();
    assertThat(outputs).hasSameSizeAs(expected);
    for (int i = 0; i < outputs.length; i++) {
      assertThat(outputs[i].shape()).isEqualTo(expected[i].shape());
      double scale = Math.max(1, expected[i].amaxNumber().doubleValue());
      assertThat(outputs[i].sub(expected[i]).amaxNumber().doubleValue())
          .as("largest difference of output " + i)
          .isLessThan(TOLERANCE * scale);
    }
  }

  /** Trains as a run does: micro-batches, one sum, one update. */
  private static void requireLosses(KerasFixture fixture, ModelSource source) {
    Replica replica = new Replica(source.archive(), 16);
    MultiDataSet examples = fixture.examples();
    int[] ends = fixture.ends();
    int count = ends[ends.length - 1];
    double[] expected = fixture.losses();
    double[] losses = new double[expected.length];
    for (int update = 0; update < expected.length; update++) {
      replica.clear();
      double sum = 0;
      int from = 0;
      for (int end : ends) {
        sum += replica.accumulate(KerasFixture.rows(examples, from, end), update);
        from = end;
      }
      losses[update] =
          sum / count
              + fixture.constant()
              + replica.regularizationScore()
              - decayScore(replica, fixture.weightDecay());
      replica.update(count, replica.gradientSumNorm(), source.clipGlobalNorm());
    }
    for (int update = 0; update < expected.length; update++) {
      assertThat(losses[update])
          .as("loss before update " + (update + 1) + " of " + List.of(losses[0], losses[4]))
          .isCloseTo(expected[update], offset(TOLERANCE * Math.max(1, Math.abs(expected[update]))));
    }
  }

  private static double decayScore(Replica replica, double decay) {
    double norm = replica.network().parameters().norm2Number().doubleValue();
    return decay / 2 * norm * norm;
  }

  @Test
  void eachRowOfTheDocumentationHasItsFixturesAndNoFixtureIsWithoutARow() throws IOException {
    Map<String, String> rows = documentedRows();
    Map<String, List<KerasFixture>> held =
        KerasFixture.all().stream()
            .collect(Collectors.groupingBy(KerasFixture::row, TreeMap::new, Collectors.toList()));
    assertThat(held.keySet()).isEqualTo(rows.keySet());
    held.forEach(
        (row, fixtures) -> {
          long refused = fixtures.stream().filter(one -> one.refused().isPresent()).count();
          String verdict = rows.get(row);
          if (verdict.startsWith("refused: ")) {
            assertThat(refused).as(row + " is refused").isEqualTo(fixtures.size());
          } else if (verdict.equals("works")) {
            assertThat(refused).as(row + " works").isZero();
          } else {
            assertThat(verdict).as(row).startsWith("works, with ");
            assertThat(refused)
                .as(row + " works with a condition")
                .isBetween(1L, fixtures.size() - 1L);
          }
        });
  }

  /** Each table's rows: section, slash, first cell without its marks; and the second cell. */
  private static Map<String, String> documentedRows() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    String section = "";
    for (String line : Files.readAllLines(Path.of("../docs/keras.md"))) {
      if (line.startsWith("## ")) {
        section = line.substring(3);
      } else if (line.startsWith("| ") && !line.startsWith("| ---") && line.contains("` | ")) {
        String[] cells = line.split(" *\\| *", -1);
        rows.put(section + "/" + cells[1].replace("`", ""), cells[2]);
      }
    }
    return rows;
  }
}
