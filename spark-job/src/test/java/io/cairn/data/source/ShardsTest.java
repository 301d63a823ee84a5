/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.collect;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.validated;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.ElementKind;
import io.cairn.data.ExampleLayout;
import io.cairn.data.MicroBatches;
import io.cairn.data.ModelDemand;
import io.cairn.data.RankSampler;
import io.cairn.data.Shard;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Cursor;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.ShardRange;
import io.cairn.settings.DataSettings;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardsTest {
  private static final StructType SCHEMA =
      new StructType().add("x", DataTypes.DoubleType).add("y", DataTypes.IntegerType);

  @TempDir Path directory;

  @Test
  void everyExampleHasOneRankAndShardsAreExactlyBalanced() {
    PreparedData data = prepare(write("data", numbered(1003), 3), 4);
    assertThat(data.info().trainExamples()).isEqualTo(1003);
    for (int workers = 1; workers <= 7; workers += 2) {
      List<List<byte[]>> shards = collect(data.trainShards(workers));
      List<Integer> found = new ArrayList<>();
      for (int rank = 0; rank < workers; rank++) {
        assertThat(shards.get(rank)).hasSize((int) new ShardRange(rank, workers, 1003).size());
        shards.get(rank).forEach(record -> found.add(number(record)));
      }
      assertThat(found)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 1003).boxed().toList());
    }
  }

  @Test
  void everyExampleOfTheSourceIsTrainedOnExactlyOnceAnEpoch() throws Exception {
    PreparedData data = prepare(write("epoch", numbered(101), 3), 3);
    EpochSchedule schedule = new EpochSchedule(new BatchPlan(3, 4, 3), data.info().trainExamples());
    List<Integer> seen = new ArrayList<>();
    List<List<byte[]>> shards = collect(data.trainShards(3));
    for (int rank = 0; rank < 3; rank++) {
      RankSampler sampler =
          new RankSampler(schedule, SparkFixture.SEED, rank, Cursor.START, schedule.updates());
      try (Shard shard =
              Shard.stage(
                  shards.get(rank).iterator(),
                  data.info().layout(),
                  data.info().scaling(),
                  directory);
          MicroBatches batches = MicroBatches.start(shard, sampler)) {
        for (var window = batches.nextWindow(); window.isPresent(); window = batches.nextWindow()) {
          for (int size : window.get().microBatches()) {
            float[] values = batches.next().getFeatures(0).reshape(size).toFloatVector();
            IntStream.range(0, size).forEach(i -> seen.add((int) values[i]));
          }
        }
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 101).boxed().toList());
  }

  @Test
  void shardsDependOnContentAndSeedAloneNotOnFilesOrOrder() {
    List<Row> rows = new ArrayList<>(numbered(500));
    rows.addAll(numbered(20));
    List<List<String>> shards = shards(prepare(write("one", rows, 1), 3));
    Collections.shuffle(rows, new Random(1));
    assertThat(shards(prepare(write("many", rows, 9), 3))).isEqualTo(shards);
    PreparedData otherSeed =
        PreparedData.prepare(
            SparkFixture.spark(),
            Frames.none(),
            write("other", rows, 2),
            ElementKind.FLOAT32,
            ModelDemand.usual(1, 1),
            3,
            8);
    assertThat(shards(otherSeed)).isNotEqualTo(shards);
  }

  @Test
  void manyCopiesOfOneExampleAreStillBalanced() {
    Row same = RowFactory.create(1.0, 1);
    PreparedData data = prepare(write("same", Collections.nCopies(101, same), 2), 4);
    assertThat(collect(data.trainShards(4)).stream().map(List::size))
        .containsExactly(25, 25, 25, 26);
  }

  @Test
  void heldOutExamplesAreAShareAndTheRestIsTrainedOn() {
    DataSettings settings = validated(write("split", numbered(2000), 2), 0.25);
    PreparedData data = prepare(settings, 2);
    List<Integer> train = numbers(collect(data.trainShards(2)));
    List<Integer> heldOut = numbers(collect(data.validationShards(2)));
    assertThat(train).hasSize((int) data.info().trainExamples());
    assertThat(heldOut).hasSize((int) data.info().validationExamples()).hasSizeBetween(400, 600);
    TreeSet<Integer> both = new TreeSet<>(train);
    both.addAll(heldOut);
    assertThat(both).hasSize(2000);
    assertThat(train.size() + heldOut.size()).isEqualTo(2000);
  }

  @Test
  void equalExamplesAreOnTheSameSideOfTheSplit() {
    List<Row> rows = new ArrayList<>(numbered(200));
    rows.addAll(numbered(200));
    PreparedData data = prepare(validated(write("twice", rows, 3), 0.3), 2);
    List<Integer> heldOut = numbers(collect(data.validationShards(2)));
    assertThat(Collections.frequency(heldOut, heldOut.get(0))).isEqualTo(2);
    assertThat(numbers(collect(data.trainShards(2)))).doesNotContainAnyElementsOf(heldOut);
  }

  @Test
  void validationDataOfItsOwnIsSpreadTheSameWay() {
    DataSettings validation = write("validation", numbered(11), 2);
    PreparedData data = prepare(validated(write("train", numbered(50), 2), validation.train()), 3);
    assertThat(data.info().trainExamples()).isEqualTo(50);
    assertThat(data.info().validationExamples()).isEqualTo(11);
    assertThat(collect(data.validationShards(3)).stream().map(List::size)).containsExactly(3, 4, 4);
    assertThat(data.validationShards(3).getNumPartitions()).isEqualTo(3);
  }

  @Test
  void withoutValidationThereAreEmptyShardsToZipWith() {
    PreparedData data = prepare(write("alone", numbered(10), 1), 2);
    assertThat(data.info().validationExamples()).isZero();
    assertThat(
            data.trainShards(2)
                .zipPartitions(
                    data.validationShards(2),
                    (train, validation) -> {
                      int sum = 0;
                      while (train.hasNext()) {
                        train.next();
                        sum++;
                      }
                      return List.of(validation.hasNext() ? -1 : sum).iterator();
                    })
                .collect())
        .containsExactly(5, 5);
  }

  private DataSettings write(String name, List<Row> rows, int files) {
    Path path = directory.resolve(name);
    SparkFixture.rows(SCHEMA, rows).repartition(files).write().parquet(path.toString());
    return settings(source(path, "parquet"), List.of(values("x")), List.of(classes("y", 5)));
  }

  private static List<Row> numbered(int count) {
    return IntStream.range(0, count).mapToObj(i -> RowFactory.create((double) i, i % 5)).toList();
  }

  private static int number(byte[] record) {
    ByteBuffer values = ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER);
    assertThat(values.getInt(4)).isEqualTo((int) values.getFloat(0) % 5);
    return (int) values.getFloat(0);
  }

  private static List<Integer> numbers(List<List<byte[]>> shards) {
    return shards.stream().flatMap(List::stream).map(ShardsTest::number).toList();
  }

  private static List<List<String>> shards(PreparedData data) {
    return collect(data.trainShards(3)).stream()
        .map(shard -> shard.stream().map(HexFormat.of()::formatHex).toList())
        .toList();
  }
}
