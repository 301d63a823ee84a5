/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.FileIndex;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import scala.collection.JavaConverters;

/**
 * The files below a source, as Spark has listed them. It lists them once, and reads no further into
 * each than it was long then; so what is appended to a text file would be cut off in silence.
 *
 * <p>Threading: stateless; the driver's thread.
 */
final class FileListings {
  private FileListings() {}

  /**
   * Lists all of them anew.
   *
   * @return the files that were there and are not any more
   */
  static List<String> renew(Dataset<Row> data) {
    List<FileIndex> found = new ArrayList<>();
    find(data.queryExecution().analyzed(), found);
    Set<String> gone = names(found);
    found.forEach(FileIndex::refresh);
    gone.removeAll(names(found));
    return List.copyOf(gone);
  }

  private static Set<String> names(List<FileIndex> listings) {
    return listings.stream()
        .map(FileIndex::inputFiles)
        .flatMap(Arrays::stream)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void find(LogicalPlan plan, List<FileIndex> found) {
    if (plan instanceof LogicalRelation relation
        && relation.relation() instanceof HadoopFsRelation files) {
      found.add(files.location());
    }
    JavaConverters.seqAsJavaList(plan.expressions()).forEach(part -> find(part, found));
    JavaConverters.seqAsJavaList(plan.children()).forEach(child -> find(child, found));
  }

  private static void find(Expression expression, List<FileIndex> found) {
    if (expression instanceof SubqueryExpression subquery) {
      find(subquery.plan(), found);
    }
    JavaConverters.seqAsJavaList(expression.children()).forEach(child -> find(child, found));
  }
}
