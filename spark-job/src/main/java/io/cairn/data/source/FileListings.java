/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.execution.datasources.FileStatusCache;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.InMemoryFileIndex;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.datasources.NoopCache$;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * The files of a source, as Spark listed them when it opened the source. Spark reads only those
 * files, and each only up to the length that it had then. What is appended to a text file later
 * would be cut off without a message.
 *
 * <p>Threading: stateless; the driver's thread.
 */
final class FileListings {
  private static final FileStatusCache NONE = NoopCache$.MODULE$;

  private FileListings() {}

  /**
   * What became of a source's files since they were listed.
   *
   * @param changed the files that are gone or have another length, each with what is wrong
   * @param more how many there are that were not, which the source goes on without
   */
  record Changes(List<String> changed, int more) {}

  /** Lists the files once more and compares; what is read stays what was listed at first. */
  static Changes since(Dataset<Row> data) {
    List<HadoopFsRelation> relations = new ArrayList<>();
    find(data.queryExecution().analyzed(), relations);
    List<String> changed = new ArrayList<>();
    int more = 0;
    for (HadoopFsRelation relation : relations) {
      // A catalog's partitioned table has listings of its own; the deal compares what it reads.
      if (relation.location() instanceof InMemoryFileIndex then) {
        Map<String, Long> before = lengths(then);
        Map<String, Long> now = lengths(again(then, relation));
        before.forEach((file, length) -> compare(file, length, now.get(file), changed));
        now.keySet().removeAll(before.keySet());
        more += now.size();
      }
    }
    return new Changes(changed, more);
  }

  private static InMemoryFileIndex again(InMemoryFileIndex then, HadoopFsRelation relation) {
    return new InMemoryFileIndex(
        relation.sparkSession(),
        then.rootPaths(),
        relation.options(),
        Option.empty(),
        NONE,
        Option.empty(),
        Option.empty());
  }

  private static void compare(String file, long before, Long now, List<String> changed) {
    if (now == null) {
      changed.add(file + " was there in the first pass and is gone");
    } else if (now != before) {
      changed.add("%s had %,d bytes in the first pass, and now %,d".formatted(file, before, now));
    }
  }

  private static Map<String, Long> lengths(InMemoryFileIndex index) {
    Map<String, Long> lengths = new TreeMap<>();
    for (FileStatus file : JavaConverters.seqAsJavaList(index.allFiles())) {
      lengths.put(file.getPath().toString(), file.getLen());
    }
    return lengths;
  }

  private static void find(LogicalPlan plan, List<HadoopFsRelation> found) {
    if (plan instanceof LogicalRelation relation
        && relation.relation() instanceof HadoopFsRelation files) {
      found.add(files);
    }
    JavaConverters.seqAsJavaList(plan.expressions()).forEach(part -> find(part, found));
    JavaConverters.seqAsJavaList(plan.children()).forEach(child -> find(child, found));
  }

  private static void find(Expression expression, List<HadoopFsRelation> found) {
    if (expression instanceof SubqueryExpression subquery) {
      find(subquery.plan(), found);
    }
    JavaConverters.seqAsJavaList(expression.children()).forEach(child -> find(child, found));
  }
}
