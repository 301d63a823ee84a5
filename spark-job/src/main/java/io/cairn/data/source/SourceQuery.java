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
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.InputFileName;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Offset;
import org.apache.spark.sql.catalyst.plans.logical.Sample;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import scala.collection.JavaConverters;

/**
 * A query over the views of a source. It must be a query and nothing else, and give the same rows
 * whenever it is asked: a run reads its data twice, and again in each submit that goes on with it.
 *
 * <p>What Spark's analyzer tells is refused by name. What it cannot tell, such as ties in an order,
 * the counts of the two passes tell ({@link Deal}).
 *
 * <p>Threading: the driver's thread.
 */
final class SourceQuery {
  private static final Set<String> CLOCKS =
      Set.of("current_timestamp", "now", "current_date", "curdate", "localtimestamp");
  private static final Set<String> COLLECTORS = Set.of("collect_list", "collect_set", "array_agg");
  private static final Set<String> SORTERS = Set.of("sort_array", "array_sort");

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
      SourceQuery check = new SourceQuery();
      check.plan(rows.queryExecution().analyzed());
      if (!check.found.isEmpty()) {
        throw new DataException(
            List.of(
                "%s: its rows may change from one reading to the next, by %s; a run reads its data more than once"
                    .formatted(setting, String.join(", ", check.found))));
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

  private void plan(LogicalPlan plan) {
    boolean cuts = plan instanceof GlobalLimit || plan instanceof Offset;
    if (cuts && list(plan.children()).stream().noneMatch(SourceQuery::isOrdered)) {
      found.add("LIMIT or OFFSET without ORDER BY");
    }
    if (plan instanceof Sample) {
      found.add("TABLESAMPLE");
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
    boolean own = !expression.deterministic() && children.stream().allMatch(Expression::deterministic);
    boolean sorted = COLLECTORS.contains(name) && SORTERS.contains(above);
    if (CLOCKS.contains(name) || (own && !sorted && !(expression instanceof InputFileName))) {
      found.add(name + "()");
    }
    if (expression instanceof SubqueryExpression subquery) {
      plan((LogicalPlan) subquery.plan());
    }
    String around = name.equals("aggregateexpression") ? above : name;
    children.forEach(child -> expression(child, around));
  }

  private static <T> List<T> list(scala.collection.Seq<T> seq) {
    return new ArrayList<>(JavaConverters.seqAsJavaList(seq));
  }
}
