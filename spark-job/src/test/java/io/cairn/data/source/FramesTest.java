/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.data.DataException;
import java.util.Map;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Frames that a program gives are refused where they are marked to change, but for Spark ML's. */
@Tag("spark")
class FramesTest {

  private static Dataset<Row> rows() {
    return SparkFixture.spark().range(4).selectExpr("double(id) AS x", "string(id) AS name");
  }

  private static Dataset<Row> open(Dataset<Row> rows) {
    return new Frames(Map.of("it", rows)).open("it");
  }

  @Test
  void whatSparkMlMadeIsTakenThoughItsFunctionsAreMarked() {
    Dataset<Row> assembled =
        new VectorAssembler()
            .setInputCols(new String[] {"x"})
            .setOutputCol("features")
            .transform(rows());
    Dataset<Row> indexed =
        new StringIndexer()
            .setInputCol("name")
            .setOutputCol("label")
            .fit(assembled)
            .transform(assembled);
    assertThat(open(indexed)).isSameAs(indexed);
  }

  @Test
  void functionsOfOthersThatAreMarkedAreRefused() {
    UDF1<Double, Double> same = x -> x;
    Dataset<Row> marked =
        rows()
            .withColumn(
                "y",
                functions
                    .udf(same, DataTypes.DoubleType)
                    .asNondeterministic()
                    .withName("moody")
                    .apply(functions.col("x")));
    assertThatThrownBy(() -> open(marked))
        .isInstanceOf(DataException.class)
        .hasMessageContaining("data frame it: its rows may change")
        .hasMessageContaining("moody");
  }
}
