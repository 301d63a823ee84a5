/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.api.InvalidJobException;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** Data sets that are files. */
class SavedDataSetsTest {

  @TempDir private Path folder;

  private static SparkDl4jMultiLayer wrapper() {
    return new SparkDl4jMultiLayer(
        SparkFixture.local(),
        Cases.classifier(DataType.FLOAT, 1),
        new CairnTrainingMaster.Builder()
            .workers(1)
            .batchSizePerWorker(5)
            .set("train.self-check", "off")
            .build());
  }

  @Test
  void aFolderOfSavedDataSetsIsTheirRdd() {
    JavaSparkContext spark = SparkFixture.local();
    List<DataSet> data = Cases.batches(Cases.classified(DataType.FLOAT, 21), 6);
    for (int i = 0; i < data.size(); i++) {
      data.get(i).save(new File(folder.toFile(), "data" + i + ".bin"));
    }
    MultiLayerNetwork ofFiles = wrapper().fit(folder.toUri().toString());
    MultiLayerNetwork ofRdd = wrapper().fit(spark.parallelize(data));
    assertThat(ofFiles.params().data().asBytes()).isEqualTo(ofRdd.params().data().asBytes());
    assertThat(ofFiles.getIterationCount()).isEqualTo(5);
  }

  @Test
  void aFileThatIsNoDataSetIsNamed() throws Exception {
    Path damaged = Files.writeString(folder.resolve("damaged.bin"), "no data set");
    JavaSparkContext spark = SparkFixture.local();
    assertThatThrownBy(
            () -> wrapper().fitPaths(spark.parallelize(List.of(damaged.toUri().toString()))))
        .isInstanceOf(InvalidJobException.class)
        .hasMessageContaining("damaged.bin: no data set can be loaded from it");
  }
}
