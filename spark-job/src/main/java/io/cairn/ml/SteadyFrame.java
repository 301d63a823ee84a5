/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.data.source.Frames;
import io.cairn.data.source.SparkInternals;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.runtime.AbstractPartialFunction;

/**
 * A data frame that Spark ML's own transformers have made, as one whose rows stay the same.
 *
 * <p>Some of them ({@code StringIndexer}, {@code VectorAssembler}) mark their functions as not
 * deterministic, so that the optimizer does not compute them twice. They give the same for the same
 * row, whereas a training job refuses what is marked so, because its rows might change from one
 * reading to the next. What is not Spark ML's stays as it is marked.
 *
 * <p>Threading: stateless.
 */
final class SteadyFrame {

  private static final String SPARK_ML = "org.apache.spark.ml.";

  private SteadyFrame() {}

  /** The same rows; the same data frame if no function of Spark ML's is marked. */
  static Dataset<Row> of(Dataset<Row> rows) {
    LogicalPlan held = Frames.held(rows);
    if (held.fastEquals(held.transformAllExpressions(new Steadying()))) {
      // What is cached must stay recognisable as that.
      return rows;
    }
    LogicalPlan plan = rows.queryExecution().analyzed();
    LogicalPlan steady = plan.transformAllExpressions(new Steadying());
    return steady.fastEquals(plan) ? rows : SparkInternals.ofRows(rows.sparkSession(), steady);
  }

  private static boolean isMarked(Expression expression) {
    return expression instanceof ScalaUDF udf
        && !udf.udfDeterministic()
        && udf.function().getClass().getName().startsWith(SPARK_ML);
  }

  private static final class Steadying extends AbstractPartialFunction<Expression, Expression> {

    @Override
    public boolean isDefinedAt(Expression expression) {
      return isMarked(expression);
    }

    @Override
    public Expression apply(Expression expression) {
      ScalaUDF udf = (ScalaUDF) expression;
      return udf.copy(
          udf.function(),
          udf.dataType(),
          udf.children(),
          udf.inputEncoders(),
          udf.outputEncoder(),
          udf.udfName(),
          udf.nullable(),
          true);
    }
  }
}
