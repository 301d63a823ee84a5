/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;

class HandedOutArraysTest {
  private static final ExampleLayout IMAGE =
      new ExampleLayout(
          ElementKind.FLOAT64,
          List.of(
              Field.array("image", Field.Role.INPUT, List.of(2, 1, 2)),
              Field.classIndex("kind", Field.Role.OUTPUT, 3)));

  private static final ExampleLayout SEQUENCES =
      new ExampleLayout(
          ElementKind.FLOAT32,
          List.of(
              Field.sequence("x", Field.Role.INPUT, 2, 3),
              Field.vector("extra", Field.Role.INPUT, 1),
              Field.classSequence("tag", Field.Role.OUTPUT, 2, 3),
              Field.vector("total", Field.Role.OUTPUT, 2)));

  @TempDir Path directory;

  @Test
  void classIndicesBecomeOneHotInTheShapeTheModelWants() throws Exception {
    try (Shard shard =
            Shard.stage(
                List.of(image(1, 2, 3, 4, 2), image(5, 6, 7, 8, 0), image(9, 9, 9, 9, 1))
                    .iterator(),
                IMAGE,
                Scaling.none(),
                directory);
        ValidationBatches batches = ValidationBatches.start(shard, 2)) {
      MultiDataSet first = batches.next().orElseThrow();
      assertThat(first.numFeatureArrays()).isEqualTo(1);
      assertThat(first.getFeatures(0).dataType()).isEqualTo(DataType.DOUBLE);
      assertThat(first.getFeatures(0))
          .isEqualTo(
              Nd4j.create(new double[] {1, 2, 3, 4, 5, 6, 7, 8}, new long[] {2, 2, 1, 2}, 'c'));
      assertThat(first.getLabels(0)).isEqualTo(Nd4j.create(new double[][] {{0, 0, 1}, {1, 0, 0}}));
      assertThat(first.hasMaskArrays()).isFalse();
      MultiDataSet ragged = batches.next().orElseThrow();
      assertThat(ragged.getFeatures(0).shape()).containsExactly(1, 2, 1, 2);
      assertThat(ragged.getLabels(0)).isEqualTo(Nd4j.create(new double[][] {{0, 1, 0}}));
      assertThat(batches.next()).isEmpty();
    }
  }

  @Test
  void reusedMemoryKeepsNothingOfTheBatchBefore() throws Exception {
    List<byte[]> records =
        List.of(
            sequence(3, new float[] {1, 2, 3, 4, 5, 6}, new int[] {1, 1, 1}),
            sequence(3, new float[] {1, 2, 3, 4, 5, 6}, new int[] {1, 1, 1}),
            sequence(3, new float[] {1, 2, 3, 4, 5, 6}, new int[] {1, 1, 1}),
            sequence(1, new float[] {7, 0, 0, 8, 0, 0}, new int[] {0, 0, 0}));
    try (Shard shard = Shard.stage(records.iterator(), SEQUENCES, Scaling.none(), directory);
        ValidationBatches batches = ValidationBatches.start(shard, 1)) {
      for (int i = 0; i < 3; i++) {
        assertThat(batches.next()).isPresent();
      }
      MultiDataSet last = batches.next().orElseThrow();
      assertThat(last.getFeatures(0)).isEqualTo(floats(new long[] {1, 2, 3}, 7, 0, 0, 8, 0, 0));
      assertThat(last.getLabels(0)).isEqualTo(floats(new long[] {1, 2, 3}, 1, 0, 0, 0, 0, 0));
      assertThat(last.getFeaturesMaskArray(0)).isEqualTo(floats(new long[] {1, 3}, 1, 0, 0));
    }
  }

  @Test
  void sequencesAreMaskedBeyondTheirLengthAndOtherFieldsHaveNoMask() throws Exception {
    List<byte[]> records =
        List.of(
            sequence(2, new float[] {1, 2, 0, 4, 5, 0}, new int[] {1, 0, 0}),
            sequence(3, new float[] {1, 2, 3, 4, 5, 6}, new int[] {0, 1, 1}));
    try (Shard shard = Shard.stage(records.iterator(), SEQUENCES, Scaling.none(), directory);
        ValidationBatches batches = ValidationBatches.start(shard, 2)) {
      MultiDataSet batch = batches.next().orElseThrow();
      assertThat(batch.getFeatures(0))
          .isEqualTo(floats(new long[] {2, 2, 3}, 1, 2, 0, 4, 5, 0, 1, 2, 3, 4, 5, 6));
      assertThat(batch.getFeatures(1)).isEqualTo(floats(new long[] {2, 1}, 9, 9));
      INDArray mask = floats(new long[] {2, 3}, 1, 1, 0, 1, 1, 1);
      assertThat(batch.getFeaturesMaskArray(0)).isEqualTo(mask);
      assertThat(batch.getFeaturesMaskArray(1)).isNull();
      assertThat(batch.getLabels(0))
          .isEqualTo(floats(new long[] {2, 2, 3}, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1));
      assertThat(batch.getLabels(1)).isEqualTo(floats(new long[] {2, 2}, 10, 11, 10, 11));
      assertThat(batch.getLabelsMaskArray(0)).isEqualTo(mask);
      assertThat(batch.getLabelsMaskArray(1)).isNull();
    }
  }

  @Test
  void scalingLeavesPaddingAndClassesAlone() throws Exception {
    Scaling.Statistics channels =
        new Scaling.Statistics(
            List.of(1.0, 4.0), List.of(2.0, 0.0), List.of(0.0, 4.0), List.of(5.0, 4.0));
    Scaling.Statistics extra =
        new Scaling.Statistics(List.of(0.0), List.of(1.0), List.of(0.0), List.of(1.0));
    Scaling scaling = Scaling.fitted(Scaling.Method.STANDARD, List.of(channels, extra));
    List<byte[]> records =
        List.of(sequence(2, new float[] {1, 2, 0, 4, 5, 0}, new int[] {1, 0, 0}));
    try (Shard shard = Shard.stage(records.iterator(), SEQUENCES, scaling, directory);
        ValidationBatches batches = ValidationBatches.start(shard, 2)) {
      MultiDataSet batch = batches.next().orElseThrow();
      assertThat(batch.getFeatures(0)).isEqualTo(floats(new long[] {1, 2, 3}, 0, .5f, 0, 0, 1, 0));
      assertThat(batch.getLabels(0)).isEqualTo(floats(new long[] {1, 2, 3}, 0, 1, 0, 1, 0, 0));
      assertThat(batch.getLabels(1)).isEqualTo(floats(new long[] {1, 2}, 10, 11));
    }
  }

  @Test
  void anImageIsScaledAChannelAtATime() throws Exception {
    Scaling scaling =
        Scaling.fitted(
            Scaling.Method.MIN_MAX,
            List.of(
                new Scaling.Statistics(
                    List.of(1.5, 3.5), List.of(.5, .5), List.of(1.0, 3.0), List.of(2.0, 5.0))));
    try (Shard shard =
            Shard.stage(List.of(image(1, 2, 3, 4, 2)).iterator(), IMAGE, scaling, directory);
        ValidationBatches batches = ValidationBatches.start(shard, 1)) {
      assertThat(batches.next().orElseThrow().getFeatures(0))
          .isEqualTo(Nd4j.create(new double[] {0, 1, 0, .5}, new long[] {1, 2, 1, 2}, 'c'));
    }
  }

  @Test
  void aScalingOfOtherDataIsRefused() {
    Scaling scaling =
        Scaling.fitted(
            Scaling.Method.STANDARD,
            List.of(
                new Scaling.Statistics(List.of(1.0), List.of(1.0), List.of(0.0), List.of(1.0))));
    assertThatThrownBy(() -> new RecordScaler(IMAGE, scaling))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a scaling of 1 channels does not fit input 'image' of 2");
    assertThatThrownBy(() -> new RecordScaler(SEQUENCES, scaling))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a scaling of 1 inputs does not fit examples of 2");
  }

  private static INDArray floats(long[] shape, float... values) {
    return Nd4j.create(values, shape, 'c');
  }

  private static byte[] image(double a, double b, double c, double d, int kind) {
    return Records.record(IMAGE)
        .putDouble(a)
        .putDouble(b)
        .putDouble(c)
        .putDouble(d)
        .putInt(kind)
        .array();
  }

  private static byte[] sequence(int steps, float[] values, int[] tags) {
    ByteBuffer record = Records.record(SEQUENCES);
    for (float value : values) {
      record.putFloat(value);
    }
    record.putInt(steps).putFloat(9);
    for (int tag : tags) {
      record.putInt(tag);
    }
    return record.putInt(steps).putFloat(10).putFloat(11).array();
  }

  @Test
  void stepsStandFirstAndClassesAreIndicesWhereTheModelWantsThemSo() throws Exception {
    Handover first = new Handover(Handover.StepAxis.FIRST, Handover.ClassForm.ONE_HOT);
    Handover index = new Handover(Handover.StepAxis.FIRST, Handover.ClassForm.INDEX);
    List<Field> fields = SEQUENCES.fields();
    ExampleLayout wanted =
        new ExampleLayout(
            ElementKind.FLOAT32,
            List.of(
                fields.get(0).handedOver(first),
                fields.get(1),
                fields.get(2).handedOver(first),
                fields.get(2).handedOver(index),
                fields.get(3)));
    // x: channels 1 2 and 4 5 in two steps; tags 1 0, twice; two totals.
    ByteBuffer record = ByteBuffer.allocate(wanted.recordBytes()).order(ExampleLayout.BYTE_ORDER);
    for (float value : new float[] {1, 2, 0, 4, 5, 0}) {
      record.putFloat(value);
    }
    record.putInt(2).putFloat(9);
    for (int i = 0; i < 2; i++) {
      record.putInt(1).putInt(0).putInt(0).putInt(2);
    }
    record.putFloat(7).putFloat(8);
    try (Shard shard =
            Shard.stage(List.of(record.array()).iterator(), wanted, Scaling.none(), directory);
        ValidationBatches batches = ValidationBatches.start(shard, 1)) {
      MultiDataSet batch = batches.next().orElseThrow();
      assertThat(batch.getFeatures(0)).isEqualTo(floats(new long[] {1, 3, 2}, 1, 4, 2, 5, 0, 0));
      assertThat(batch.getLabels(0)).isEqualTo(floats(new long[] {1, 3, 2}, 0, 1, 1, 0, 0, 0));
      assertThat(batch.getLabels(1)).isEqualTo(floats(new long[] {1, 3, 1}, 1, 0, 0));
      assertThat(batch.getLabelsMaskArray(0)).isEqualTo(floats(new long[] {1, 3}, 1, 1, 0));
      assertThat(batch.getExampleMetaData()).as("weights").isNull();
    }
  }

  @Test
  void weightsComeWithTheirExamplesTimesThoseOfTheirClasses() throws Exception {
    ExampleLayout weighted =
        new ExampleLayout(
            ElementKind.FLOAT32,
            List.of(
                Field.vector("x", Field.Role.INPUT, 1),
                Field.classIndex("y", Field.Role.OUTPUT, 2)),
            ExampleLayout.Weights.RECORDED);
    List<byte[]> records =
        List.of(
            ByteBuffer.allocate(16)
                .order(ExampleLayout.BYTE_ORDER)
                .putFloat(5)
                .putInt(1)
                .putDouble(0.5)
                .array(),
            ByteBuffer.allocate(16)
                .order(ExampleLayout.BYTE_ORDER)
                .putFloat(6)
                .putInt(0)
                .putDouble(0.1)
                .array());
    for (List<Double> classes : List.of(List.<Double>of(), List.of(1.0, 4.0))) {
      try (Shard shard =
              Shard.stage(records.iterator(), weighted, Scaling.none(), classes, directory);
          ValidationBatches batches = ValidationBatches.start(shard, 2)) {
        assertThat(batches.next().orElseThrow().getExampleMetaData())
            .as("as float32 has them, classes %s", classes)
            .isEqualTo(List.of(classes.isEmpty() ? 0.5 : 2.0, (double) 0.1f));
      }
    }
  }
}
