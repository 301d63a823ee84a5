/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.api.TrainingJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.spark.impl.multilayer.SparkDl4jMultiLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

/** Fits make the bits of a job, whatever data sets hold, and go on where the last one ended. */
class SameBitsTest {

  private static final int EXAMPLES = 37;
  private static final double KEEP = 0.8;

  private static CairnTrainingMaster.Builder plan() {
    return new CairnTrainingMaster.Builder()
        .workers(1)
        .batchSizePerWorker(4)
        .accumulationSteps(3)
        .seed(11);
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network = new MultiLayerNetwork(Cases.classifier(DataType.FLOAT, KEEP));
    network.init();
    return network;
  }

  private static MultiLayerNetwork fitted(List<DataSet> data, int fits) {
    return fitted(plan(), data, fits);
  }

  private static MultiLayerNetwork fitted(
      CairnTrainingMaster.Builder plan, List<DataSet> data, int fits) {
    JavaSparkContext spark = SparkFixture.local();
    SparkDl4jMultiLayer wrapper = new SparkDl4jMultiLayer(spark, network(), plan.build());
    for (int i = 0; i < fits; i++) {
      wrapper.fit(spark.parallelize(data, 3));
    }
    return wrapper.getNetwork();
  }

  /** The rows that a user of data frames would have. */
  private static Dataset<Row> rows(DataSet all) {
    List<Row> rows = new ArrayList<>();
    for (DataSet one : Cases.batches(all, 1)) {
      rows.add(
          RowFactory.create(
              Vectors.dense(one.getFeatures().toDoubleVector()),
              one.getLabels().argMax(1).getInt(0)));
    }
    StructType schema =
        new StructType()
            .add("x", SQLDataTypes.VectorType(), false)
            .add("y", DataTypes.IntegerType, false);
    return SparkFixture.session().createDataFrame(rows, schema);
  }

  private static void same(MultiLayerNetwork found, MultiLayerNetwork wanted) {
    assertThat(found.params().data().asBytes()).isEqualTo(wanted.params().data().asBytes());
    assertThat(found.getUpdater().getStateViewArray().data().asBytes())
        .isEqualTo(wanted.getUpdater().getStateViewArray().data().asBytes());
    assertThat(found.getIterationCount()).isEqualTo(wanted.getIterationCount());
    assertThat(found.getEpochCount()).isEqualTo(wanted.getEpochCount());
  }

  @TempDir private Path folder;

  /** With an output, a program that is started again goes on with the fit that is not finished. */
  @Test
  void twoFitsAreAJobOfTwoEpochsHoweverManyExamplesADataSetHolds() throws Exception {
    DataSet all = Cases.classified(DataType.FLOAT, EXAMPLES);
    MultiLayerNetwork ofMany = fitted(List.of(all), 2);
    List<DataSet> single = new ArrayList<>(Cases.batches(all, 1));
    Collections.shuffle(single, new Random(5));
    same(fitted(single, 2), ofMany);
    String output = folder.toUri().toString();
    fitted(plan().output(output), single, 1);
    long written = Files.getLastModifiedTime(folder.resolve("epoch-1/model.zip")).toMillis();
    same(fitted(plan().output(output), single, 2), ofMany);
    assertThat(Files.getLastModifiedTime(folder.resolve("epoch-1/model.zip")).toMillis())
        .isEqualTo(written);
    assertThat(folder.resolve("epoch-2/metrics.jsonl")).exists();

    MultiLayerNetwork job =
        (MultiLayerNetwork)
            TrainingJob.on(SparkFixture.session())
                .train(rows(all))
                .features("x")
                .label("y")
                .classes(Cases.CLASSES)
                .model(network())
                .workers(1)
                .micro(4)
                .steps(3)
                .seed(11)
                .epochs(2)
                .build()
                .run()
                .network();
    same(ofMany, job);
    assertThat(ofMany.getIterationCount()).isEqualTo(8);
    assertThat(ofMany.getEpochCount()).isEqualTo(2);
  }
}
