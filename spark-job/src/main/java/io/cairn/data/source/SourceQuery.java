/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.InputFileName;
import org.apache.spark.sql.catalyst.expressions.ScalaUDF;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateFunction;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.JavaConverters;

/**
 * A query over the views of a source. It must only read, and it must give the same rows each time:
 * a run reads its data more than once, and parts of it again when an executor is lost.
 *
 * <p>What Spark's analyzer can recognise is refused by name. What it cannot recognise, such as ties
 * in an order, is noticed when the counts of two readings differ ({@link ShardAssigner}).
 *
 * <p>Threading: the driver's thread.
 */
final class SourceQuery {
  private static final Set<String> CLOCKS =
      Set.of("current_timestamp", "now", "current_date", "curdate", "localtimestamp");

  /** Aggregates that depend on the order of rows. */
  private static final Set<String> BY_ORDER =
      Set.of("first", "first_value", "last", "last_value", "any_value");

  private static final Set<String> COLLECTORS = Set.of("collect_list", "collect_set", "array_agg");
  private static final Set<String> SORTERS = Set.of("sort_array", "array_sort");

  /** Aggregates whose last digits depend on the order of rows, where they add fractions. */
  private static final Pattern SUMS =
      Pattern.compile("sum|avg|mean|std\\w*|var\\w*|skewness|kurtosis|covar\\w*|corr|regr\\w*");

  private static final Set<String> ROUNDERS = Set.of("round", "bround", "floor", "ceil", "ceiling");

  /** Whose frames have an order of their own. */
  private static final String WINDOW = "windowexpression";

  /** What stands between a function and what it is applied to. */
  private static final Set<String> TRANSPARENT = Set.of("aggregateexpression", "cast", "coalesce");

  private final Set<String> found = new LinkedHashSet<>();

  private SourceQuery() {}

  /**
   * The rows of a query, not yet read.
   *
   * @param setting the setting that holds it, for messages
   * @throws DataException if Spark does not understand it, or its rows may change
   */
  static Dataset<Row> open(SparkSession session, String setting, String query) {
    try {
      // A command would be carried out at once.
      session.sessionState().sqlParser().parseQuery(query);
      Dataset<Row> rows = session.sql(query);
      List<String> changes = changes(rows.queryExecution().analyzed());
      if (!changes.isEmpty()) {
        throw new DataException(
            List.of(
                "%s: its rows may change from one reading to the next, by %s; a run reads its data more than once"
                    .formatted(setting, String.join(", ", changes))));
      }
      return rows;
    } catch (DataException e) {
      throw e;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      if (e instanceof InterruptedException) {
        throw Unchecked.of(e);
      }
      throw new DataException(List.of(setting + ": " + ReaderFault.reason(e)), e);
    }
  }

  /** What may give other rows at another reading, as far as Spark's analyzer knows. */
  static List<String> changes(LogicalPlan rows) {
    SourceQuery check = new SourceQuery();
    check.plan(rows);
    return List.copyOf(check.found);
  }

  private void plan(LogicalPlan plan) {
    boolean cuts = plan instanceof GlobalLimit || plan instanceof Offset;
    if (cuts && list(plan.children()).stream().noneMatch(SourceQuery::isOrdered)) {
      found.add("LIMIT or OFFSET without ORDER BY");
    }
    if (plan instanceof Sample sample && !(sample.child() instanceof Sort)) {
      // randomSplit() sorts before it draws, with a seed that the plan holds.
      found.add("TABLESAMPLE or sample()");
    }
    list(plan.expressions()).forEach(expression -> expression(expression, ""));
    list(plan.children()).forEach(this::plan);
  }

  /** Through what only cuts or renames. */
  private static boolean isOrdered(LogicalPlan plan) {
    if (plan instanceof Sort sort) {
      return sort.global();
    }
    Collection<LogicalPlan> children = list(plan.children());
    return children.size() == 1 && children.stream().allMatch(SourceQuery::isOrdered);
  }

  /**
   * @param above the name of the nearest function around it
   */
  private void expression(Expression expression, String above) {
    String name = expression.prettyName();
    List<Expression> children = list(expression.children());
    if (expression instanceof SubqueryExpression subquery) {
      plan(subquery.plan());
    } else if (COLLECTORS.contains(name) || BY_ORDER.contains(name)) {
      if (!SORTERS.contains(above) && !above.equals(WINDOW)) {
        found.add(name + "()");
      }
    } else if (expression instanceof AggregateFunction && SUMS.matcher(name).matches()) {
      boolean fractions = children.stream().anyMatch(child -> isFraction(child.dataType()));
      if (fractions && !ROUNDERS.contains(above) && !above.equals(WINDOW)) {
        found.add(
            name
                + "() of floating-point numbers (the order of adding changes the last digits: round() it, or add DECIMALs)");
      }
    } else if (CLOCKS.contains(name)
        || (!expression.deterministic()
            && children.stream().allMatch(Expression::deterministic)
            && !(expression instanceof InputFileName)
            && !isSparkMls(expression))) {
      found.add((expression instanceof ScalaUDF udf ? udf.name() : name) + "()");
    }
    String around = TRANSPARENT.contains(name) ? above : name;
    children.forEach(child -> expression(child, around));
  }

  /**
   * Spark ML's transformers ({@code StringIndexer}, {@code VectorAssembler}) mark their functions
   * as not deterministic so that the optimizer does not compute them twice. They give the same for
   * the same row.
   */
  private static boolean isSparkMls(Expression expression) {
    return expression instanceof ScalaUDF udf
        && udf.function().getClass().getName().startsWith("org.apache.spark.ml.");
  }

  private static boolean isFraction(DataType type) {
    return type.equals(DataTypes.DoubleType) || type.equals(DataTypes.FloatType);
  }

  private static <T> List<T> list(scala.collection.Seq<T> seq) {
    return new ArrayList<>(JavaConverters.seqAsJavaList(seq));
  }
}
