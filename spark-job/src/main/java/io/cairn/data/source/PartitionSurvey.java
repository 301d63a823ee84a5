/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.ElementKind;
import io.cairn.data.Encoding;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Field;
import io.cairn.data.Scaling;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The counts and sums of one partition: examples in each bucket and of each class, problems, the
 * sum of weights, and the sums for the scaling. The driver merges them in the order of the
 * partitions.
 *
 * <p>Threading: one thread.
 */
final class PartitionSurvey implements Serializable {
  private static final long serialVersionUID = 1L;

  private final BucketCounts train;
  private final BucketCounts heldOut;
  private final ProblemCounts problems = new ProblemCounts();
  private final ArrayList<ChannelSums> sums = new ArrayList<>();
  private final long[] classes;
  private double trainWeight;
  private double heldOutWeight;
  private long rows;

  PartitionSurvey(SurveyPlan plan) {
    train = new BucketCounts(plan.bucketBits());
    heldOut = new BucketCounts(plan.bucketBits());
    classes = new long[plan.classes()];
    if (plan.fitting() == SurveyPlan.Fitting.STATISTICS) {
      plan.layout().inputs().forEach(input -> sums.add(new ChannelSums(summed(input))));
    }
  }

  /** Class indices as inputs are handed out one-hot and not scaled. */
  private static int summed(Field input) {
    return input.encoding() instanceof Encoding.Values ? input.channels() : 0;
  }

  ProblemCounts problems() {
    return problems;
  }

  void countRow() {
    rows++;
  }

  void add(byte[] record, SurveyPlan plan) {
    add(record, plan.ownership().hash(record), plan.ownership().side(record), plan);
  }

  /** The same, of a record whose hash and side are known. */
  void add(byte[] record, long hash, Shards.Side side, SurveyPlan plan) {
    ByteBuffer values = ByteBuffer.wrap(record).order(ExampleLayout.BYTE_ORDER);
    ExampleLayout layout = plan.layout();
    double weight = layout.isWeighted() ? values.getDouble(layout.weightOffset()) : 1;
    if (side == Shards.Side.HELD_OUT) {
      heldOut.add(hash);
      heldOutWeight += weight;
      return;
    }
    train.add(hash);
    trainWeight += weight;
    if (classes.length > 0) {
      classes[values.getInt(layout.offset(layout.fields().size() - 1))]++;
    }
    if (!sums.isEmpty()) {
      ElementKind kind = plan.layout().kind();
      int base = 0;
      for (int i = 0; i < sums.size(); i++) {
        Field field = plan.layout().fields().get(i);
        if (field.encoding() instanceof Encoding.Values) {
          sums.get(i).add(values, base, field, kind);
        }
        base += field.recordBytes(kind);
      }
    }
  }

  void merge(PartitionSurvey later) {
    train.merge(later.train);
    heldOut.merge(later.heldOut);
    problems.merge(later.problems);
    for (int i = 0; i < sums.size(); i++) {
      sums.get(i).merge(later.sums.get(i));
    }
    for (int i = 0; i < classes.length; i++) {
      classes[i] += later.classes[i];
    }
    trainWeight += later.trainWeight;
    heldOutWeight += later.heldOutWeight;
    rows += later.rows;
  }

  long rows() {
    return rows;
  }

  /** Training examples of each class; empty where they have no class, or several. */
  long[] classes() {
    return classes;
  }

  /** The weights of the training examples, summed. */
  double trainWeight() {
    return trainWeight;
  }

  /** The weights of the examples held out, summed. */
  double heldOutWeight() {
    return heldOutWeight;
  }

  BucketCounts train() {
    return train;
  }

  BucketCounts heldOut() {
    return heldOut;
  }

  /** The statistics of the inputs over the training examples, of which there must be some. */
  List<Scaling.Statistics> statistics() {
    return sums.stream().map(ChannelSums::statistics).toList();
  }
}
