/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static io.cairn.data.source.SparkFixture.SEED;
import static io.cairn.data.source.SparkFixture.classes;
import static io.cairn.data.source.SparkFixture.collect;
import static io.cairn.data.source.SparkFixture.prepare;
import static io.cairn.data.source.SparkFixture.scaled;
import static io.cairn.data.source.SparkFixture.settings;
import static io.cairn.data.source.SparkFixture.source;
import static io.cairn.data.source.SparkFixture.spark;
import static io.cairn.data.source.SparkFixture.validated;
import static io.cairn.data.source.SparkFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.cairn.data.DataException;
import io.cairn.data.ElementKind;
import io.cairn.data.ModelDemand;
import io.cairn.settings.DataSettings;
import io.cairn.settings.Scale;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.MapOutputTrackerMaster;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.RDDBlockId;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.collection.JavaConverters;

@Tag("spark")
class DealTest {

  @TempDir Path directory;

  @Test
  void dataDealtWhileItIsCountedIsWhatItWouldBeAfterwardsAndIsReadOnce() throws Exception {
    DataSettings settings = validated(scaled(write(30_000, "id"), new Scale.Standard()), 0.25);
    try (PreparedData afterwards = prepare(settings, 3)) {
      List<List<String>> train = hex(afterwards.trainShards(3));
      List<List<String>> heldOut = hex(afterwards.validationShards(3));
      try (RowsRead rows = RowsRead.count();
          PreparedData meanwhile = dealt(settings, 3)) {
        assertThat(meanwhile.info()).isEqualTo(afterwards.info());
        assertThat(hex(meanwhile.trainShards(3))).isEqualTo(train);
        assertThat(hex(meanwhile.validationShards(3))).isEqualTo(heldOut);
        assertThat(rows.soFar()).isEqualTo(30_000);
      }
    }
  }

  @Test
  void copiesOfFewExamplesAreDealtByTheirCounts() {
    DataSettings settings = write(1000, "id % 7");
    try (PreparedData afterwards = prepare(settings, 4);
        PreparedData meanwhile = dealt(settings, 4)) {
      assertThat(hex(meanwhile.trainShards(4))).isEqualTo(hex(afterwards.trainShards(4)));
    }
  }

  @Test
  void anotherAttemptIsGivenWhatIsKeptAndNothingIsReadOrShuffledForIt() throws Exception {
    try (PreparedData data = dealt(write(30_000, "id"), 2)) {
      List<List<String>> first = hex(data.trainShards(2));
      try (RowsRead rows = RowsRead.count()) {
        assertThat(hex(data.trainShards(2))).isEqualTo(first);
        assertThat(rows.soFar()).as("pieces, not records").isLessThan(100);
        assertThat(rows.shuffled()).isZero();
      }
    }
  }

  @Test
  void whatWasDealtIsGivenUpForAnotherNumberOfWorkersAndAtTheEnd() {
    int before = kept();
    Set<Object> shuffles = shuffles();
    try (PreparedData data = prepare(validated(write(100, "id"), 0.2), 3)) {
      for (int workers : List.of(3, 2)) {
        hex(data.trainShards(workers));
        hex(data.validationShards(workers));
        assertThat(kept() - before).as("train and validation").isEqualTo(2);
      }
    }
    assertThat(kept()).isEqualTo(before);
    assertThat(shuffles).as("files of shuffles").containsAll(shuffles());
  }

  private static Set<Object> shuffles() {
    var tracker = (MapOutputTrackerMaster) SparkEnv.get().mapOutputTracker();
    return new HashSet<>(JavaConverters.asJavaCollection(tracker.shuffleStatuses().keys().toSeq()));
  }

  @Test
  void rowsThatCannotBeTrainedOnAreToldInTheOneReadingToo() {
    DataSettings settings = write(1000, "IF(id = 7, NULL, id)");
    String words = catchThrowable(() -> prepare(settings, 2)).getMessage();
    assertThatThrownBy(() -> dealt(settings, 2))
        .isInstanceOf(DataException.class)
        .hasMessage(words);
  }

  @Test
  void shardThatIsDamagedOnItsDiskIsDealtAgain() throws Exception {
    try (PreparedData data = prepare(write(30_000, "id"), 2)) {
      List<List<String>> first = hex(data.trainShards(2));
      int newest = Collections.max(keptRdds().keySet());
      File block =
          SparkEnv.get().blockManager().diskBlockManager().getFile(new RDDBlockId(newest, 1));
      byte[] content = Files.readAllBytes(block.toPath());
      content[content.length / 2] ^= 1;
      Files.write(block.toPath(), content);
      try (RowsRead rows = RowsRead.count()) {
        assertThat(hex(data.trainShards(2))).isEqualTo(first);
        assertThat(rows.failures())
            .isNotEmpty()
            .containsOnly(
                "what was kept of the shard of rank 1 cannot be used any more: its checksum is wrong; another attempt deals it again");
      }
    }
  }

  @Test
  void filesThatChangedAreRefusedThoughNothingWouldBeReadAgain() throws Exception {
    DataSettings settings = write(100, "id");
    try (PreparedData data = prepare(settings, 2)) {
      hex(data.trainShards(2));
      Path file = firstFile();
      Files.write(file, new byte[10]);
      assertThatThrownBy(() -> data.trainShards(2))
          .isInstanceOf(DataException.class)
          .hasMessageContaining("the data changed while it was read: file:" + file + " had ")
          .hasMessageEndingWith("bytes in the first pass, and now 10");
    }
  }

  private PreparedData dealt(DataSettings data, int workers) {
    ModelDemand demand = ModelDemand.usual(data.inputs().size(), data.outputs().size());
    try (OpenedData opened =
        OpenedData.open(spark(), Frames.none(), data, ElementKind.FLOAT32, demand, workers, SEED)) {
      return opened.surveyAndDealAnySize();
    }
  }

  private DataSettings write(int rows, String x) {
    Path path = directory.resolve("data");
    spark()
        .range(0, rows, 1, 3)
        .selectExpr(x + " AS x", "CAST(id % 5 AS INT) AS y", "'not asked for' AS z")
        .write()
        .parquet(path.toString());
    return settings(source(path, "parquet"), List.of(values("x")), List.of(classes("y", 7)));
  }

  private Path firstFile() throws Exception {
    try (var files = Files.list(directory.resolve("data"))) {
      return files
          .filter(file -> file.toString().endsWith("et"))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private static int kept() {
    return keptRdds().size();
  }

  private static Map<Integer, JavaRDD<?>> keptRdds() {
    return JavaSparkContext.fromSparkContext(spark().sparkContext()).getPersistentRDDs();
  }

  private static List<List<String>> hex(JavaRDD<byte[]> shards) {
    return collect(shards).stream()
        .map(shard -> shard.stream().map(HexFormat.of()::formatHex).toList())
        .toList();
  }
}
