/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Field.Role;
import io.cairn.data.Handover;
import io.cairn.plan.BatchPlan;
import io.cairn.replica.GraphWishes;
import io.cairn.replica.ModelSource;
import io.cairn.replica.Replica;
import io.cairn.settings.GraphSettings;
import io.cairn.settings.GraphSettings.Loss;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The promise for SameDiff graphs: three ranks with ragged sentences make the big batch's update.
 */
class SameDiffRanksTest {

  private static final int EXAMPLES = 47;
  private static final int MOST_TOKENS = 9;
  private static final int UPDATES = 8;

  /** Of the model of texts. */
  private static final int KINDS = 5;

  @TempDir Path directory;

  private static ExampleLayout layout(ElementKind kind, Loss loss) {
    Handover indices = new Handover(Handover.StepAxis.FIRST, Handover.ClassForm.INDEX);
    Handover values = new Handover(Handover.StepAxis.FIRST, Handover.ClassForm.ONE_HOT);
    Field label =
        loss == Loss.TOKEN_CROSS_ENTROPY
            ? Field.classSequence("y", Role.OUTPUT, TokenGraphs.CLASSES, MOST_TOKENS)
            : Field.classIndex("y", Role.OUTPUT, TokenGraphs.CLASSES);
    return new ExampleLayout(
        kind,
        List.of(
            Field.sequence("input_ids", Role.INPUT, 1, MOST_TOKENS).handedOver(values),
            Field.sequence("attention_mask", Role.INPUT, 1, MOST_TOKENS).handedOver(values),
            label.handedOver(indices)));
  }

  private static List<byte[]> sentences(ExampleLayout layout) {
    Random random = new Random(8);
    List<byte[]> records = new ArrayList<>();
    for (int i = 0; i < EXAMPLES; i++) {
      int length = 1 + random.nextInt(MOST_TOKENS);
      ByteBuffer record = ByteBuffer.allocate(layout.recordBytes()).order(ExampleLayout.BYTE_ORDER);
      for (Field field : layout.fields()) {
        int steps = field.isSequence() ? MOST_TOKENS : 1;
        for (int step = 0; step < steps; step++) {
          boolean there = step < length;
          int most =
              field.name().equals("input_ids") ? TokenGraphs.VOCABULARY : TokenGraphs.CLASSES;
          int value = !there ? 0 : field.name().equals("attention_mask") ? 1 : random.nextInt(most);
          if (field.role() == Role.OUTPUT) {
            record.putInt(value);
          } else if (layout.kind() == ElementKind.FLOAT64) {
            record.putDouble(value);
          } else {
            record.putFloat(value);
          }
        }
        if (field.isSequence()) {
          record.putInt(length);
        }
      }
      records.add(record.array());
    }
    return records;
  }

  @Test
  void threeRanksEqualOneBigBatchWhateverTheLengths() throws Exception {
    for (Loss loss : new Loss[] {Loss.SPARSE, Loss.TOKEN_CROSS_ENTROPY}) {
      for (ElementKind kind : kinds(loss)) {
        DataType type = kind == ElementKind.FLOAT64 ? DataType.DOUBLE : DataType.FLOAT;
        trainedByThree(kind, loss, TokenGraphs.archive(type, loss));
      }
    }
  }

  /** What is frozen is not in the sum, and stays as it is on all of them. */
  @Test
  void threeRanksEqualOneBigBatchWithANewOutputOverAFrozenEmbedding() throws Exception {
    ModelSource tuned = TokenGraphs.tuned(DataType.DOUBLE);
    assertThat(tuned.parameterCount() - tuned.gradientCount())
        .isEqualTo((long) TokenGraphs.VOCABULARY * TokenGraphs.WIDTH);
    byte[] archive = tuned.archive();
    Replica trained = trainedByThree(ElementKind.FLOAT64, Loss.SPARSE, archive).replica();
    assertThat(trained.gradientCount()).isEqualTo(tuned.gradientCount());
    try (Replica before = new Replica(archive, 0)) {
      ByteBuffer now = trained.state().parameterMemory().get(0).duplicate();
      ByteBuffer then = before.state().parameterMemory().get(0).duplicate();
      int frozen = TokenGraphs.VOCABULARY * TokenGraphs.WIDTH * Double.BYTES;
      assertThat(now.slice(0, frozen)).isEqualTo(then.slice(0, frozen));
      assertThat(now).isNotEqualTo(then);
    }
  }

  /** Dropout of a pass depends on the run and its plan, and on nothing else. */
  @Test
  void threadsAndAnotherRunDropTheSame() throws Exception {
    ExampleLayout layout = layout(ElementKind.FLOAT32, Loss.SPARSE);
    List<byte[]> records = sentences(layout);
    Path model =
        Path.of(System.getProperty("cairn.root")).resolve("conf/models/texts-transformer.onnx");
    GraphWishes wishes =
        new GraphWishes(
            new GraphSettings(Optional.empty(), Optional.of(Loss.SPARSE), Optional.empty()),
            OptionalInt.of(KINDS),
            List.of("input_ids", "attention_mask"));
    byte[] archive =
        ModelSource.read(model.toString(), Files.readAllBytes(model), 5, wishes).archive();
    List<RankGroup.Rank> first = dropping(archive, layout, records, 1);
    assertThat(new HashSet<>(first.get(0).digests())).hasSize(UPDATES);
    for (int threads = 1; threads <= 3; threads++) {
      List<RankGroup.Rank> again = dropping(archive, layout, records, threads);
      assertThat(again.get(0).digests())
          .as("%d threads", threads)
          .isEqualTo(first.get(0).digests());
      assertThat(again.get(1).digests()).isEqualTo(first.get(0).digests());
    }
  }

  private List<RankGroup.Rank> dropping(
      byte[] archive, ExampleLayout layout, List<byte[]> records, int threads) throws Exception {
    return new RankGroup(
            new TestSpec(new BatchPlan(2, 4, 3), EXAMPLES, UPDATES, layout, archive)
                .threads(threads)
                .build(),
            records,
            directory)
        .train();
  }

  /** Three ranks with two threads each make what one makes of all at once; one of the three. */
  private RankGroup.Rank trainedByThree(ElementKind kind, Loss loss, byte[] archive)
      throws Exception {
    ExampleLayout layout = layout(kind, loss);
    List<byte[]> records = sentences(layout);
    List<RankGroup.Rank> three =
        new RankGroup(
                new TestSpec(new BatchPlan(3, 4, 4), EXAMPLES, UPDATES, layout, archive)
                    .threads(2)
                    .build(),
                records,
                directory)
            .train();
    List<RankGroup.Rank> one =
        new RankGroup(
                new TestSpec(new BatchPlan(1, EXAMPLES, 1), EXAMPLES, UPDATES, layout, archive)
                    .build(),
                records,
                directory)
            .train();
    assertThat(three.get(1).digests()).isEqualTo(three.get(0).digests());
    assertThat(three.get(2).digests()).isEqualTo(three.get(0).digests());
    double tolerance = kind == ElementKind.FLOAT64 ? 1e-10 : 1e-5;
    for (int update = 0; update < UPDATES; update++) {
      assertThat(three.get(0).steps().get(update).applied().loss())
          .as("loss of update %d of %s in %s", update + 1, loss, kind)
          .isCloseTo(one.get(0).steps().get(update).applied().loss(), offset(tolerance * 10));
    }
    requireSame(three.get(0), one.get(0), kind, tolerance);
    return three.get(0);
  }

  /** Both once, and the wider one for both. */
  private static ElementKind[] kinds(Loss loss) {
    return loss == Loss.SPARSE ? new ElementKind[] {ElementKind.FLOAT64} : ElementKind.values();
  }

  private static void requireSame(
      RankGroup.Rank found, RankGroup.Rank expected, ElementKind kind, double tolerance) {
    ByteBuffer a = found.replica().state().parameterMemory().get(0).order(ExampleLayout.BYTE_ORDER);
    ByteBuffer b =
        expected.replica().state().parameterMemory().get(0).order(ExampleLayout.BYTE_ORDER);
    while (a.hasRemaining()) {
      double x = kind == ElementKind.FLOAT64 ? a.getDouble() : a.getFloat();
      double y = kind == ElementKind.FLOAT64 ? b.getDouble() : b.getFloat();
      assertThat(x).isCloseTo(y, offset(tolerance));
    }
  }
}
