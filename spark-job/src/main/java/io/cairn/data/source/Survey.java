/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.DataException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;

/**
 * A pass over a source of its own: encodes every row and keeps only counts and sums.
 *
 * <p>Threading: the driver's thread.
 */
final class Survey {
  /** The most bytes of statistics that come to the driver together. */
  private static final long DRIVER_BYTES = 1L << 28;

  private Survey() {}

  /**
   * Surveys a source.
   *
   * @throws DataException if the source cannot be read
   */
  static PartitionSurvey of(SourceTable table, ExampleEncoder encoder, SurveyPlan plan) {
    JavaRDD<InternalRow> rows = table.internalRows();
    List<DataType> types = table.selectedTypes();
    int parts = Math.max(1, rows.getNumPartitions());
    long partBytes = bytes(plan);
    int most = (int) Math.max(1, Math.min(parts, DRIVER_BYTES / partBytes));
    try {
      List<byte[]> found =
          (most < parts ? rows.coalesce(most) : rows)
              .mapPartitions(
                  part ->
                      List.of(OwnSerializer.write(survey(part, types, encoder, plan))).iterator())
              .collect();
      // In the order of the partitions, so that a retry comes to the same bits.
      PartitionSurvey all = new PartitionSurvey(plan);
      found.forEach(part -> all.merge(OwnSerializer.read(part, PartitionSurvey.class)));
      return all;
    } catch (Exception e) { // Scala throws checked exceptions without declaring them
      throw table.failed(e);
    }
  }

  private static long bytes(SurveyPlan plan) {
    long bytes = ((2L * Long.BYTES) << plan.bucketBits()) + (long) plan.classes() * Long.BYTES;
    if (plan.fitting() == SurveyPlan.Fitting.STATISTICS) {
      bytes +=
          plan.layout().inputs().stream().mapToLong(f -> ChannelSums.bytes(f.channels())).sum();
    }
    return bytes;
  }

  private static PartitionSurvey survey(
      Iterator<InternalRow> rows, List<DataType> types, ExampleEncoder encoder, SurveyPlan plan) {
    PartitionSurvey survey = new PartitionSurvey(plan);
    InternalCells cells = new InternalCells(types);
    while (rows.hasNext()) {
      Optional<byte[]> record = encoder.encode(cells.at(rows.next()), survey.problems());
      survey.countRow();
      record.ifPresent(bytes -> survey.add(bytes, plan));
    }
    return survey;
  }
}
