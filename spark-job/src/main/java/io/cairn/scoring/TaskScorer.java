/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.ExampleLayout;
import io.cairn.data.RecordBatch;
import io.cairn.data.Scaling;
import io.cairn.replica.OffHeapMemory;
import io.cairn.replica.OutputValues;
import io.cairn.replica.OutputValues.OutputSteps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.TaskCompletionListener;

/**
 * A scorer and a batch, from the first example that a task has to the end of the task, however that
 * is. A task without examples borrows nothing.
 *
 * <p>A batch that does not fit in memory is scored in halves, or halves of those, and the model's
 * later batches in this process are as small from the beginning. Their results are the same but for
 * the last digits, since matrix products of other sizes round differently.
 *
 * <p>Made and closed by the task. Threading: the task's thread.
 */
final class TaskScorer implements AutoCloseable {

  private static final String GPU = "gpu";

  private final ScoringModel model;
  private final ExampleLayout layout;
  private final Scaling scaling;
  private final int most;
  private ModelsOfProcess.Loan loan;
  private RecordBatch batch;

  /**
   * @param layout of the inputs alone
   * @param most examples of a batch, where so many fit in memory
   */
  TaskScorer(ScoringModel model, ExampleLayout layout, Scaling scaling, int most) {
    this.model = model;
    this.layout = layout;
    this.scaling = scaling;
    this.most = most;
  }

  /** What a pass made of its examples, and of the copies that filled up its batch. */
  private record Pass(int examples, List<OutputValues> values) {
    double[] own(int output) {
      OutputValues all = values.get(output);
      return Arrays.copyOf(all.values(), all.at(examples, 0));
    }
  }

  /**
   * The outputs of a batch of records; behind them may be those of what it was filled up with.
   *
   * @param records one at least; borrowed until return
   * @throws io.cairn.replica.ModelException if not even one fits in this process's memory
   */
  List<OutputValues> score(List<byte[]> records, List<OutputSteps> steps) {
    borrow();
    List<Pass> passes = new ArrayList<>();
    int scored = 0;
    while (scored < records.size()) {
      int examples = loan.fitting(most);
      int end = Math.min(records.size(), scored + examples);
      List<byte[]> some = records.subList(scored, end);
      Optional<Pass> pass =
          OffHeapMemory.fitting(
              () -> Optional.of(new Pass(some.size(), pass(some, examples, steps))),
              reason -> {
                loan.tooMany(examples, reason);
                return Optional.empty();
              });
      pass.ifPresent(passes::add);
      scored = pass.isPresent() ? end : scored;
    }
    return joined(passes);
  }

  private List<OutputValues> pass(List<byte[]> records, int examples, List<OutputSteps> steps) {
    if (batch == null || batch.capacity() != examples) {
      closeBatch();
      batch = new RecordBatch(layout, scaling, examples);
    }
    batch.clear();
    records.forEach(batch::add);
    return loan.scorer().score(batch.filled(), steps);
  }

  private static List<OutputValues> joined(List<Pass> passes) {
    List<OutputValues> first = passes.get(0).values();
    if (passes.size() == 1) {
      return first;
    }
    return IntStream.range(0, first.size())
        .mapToObj(
            output ->
                new OutputValues(
                    first.get(output).steps(),
                    first.get(output).columns(),
                    passes.stream()
                        .flatMapToDouble(pass -> Arrays.stream(pass.own(output)))
                        .toArray()))
        .toList();
  }

  private void borrow() {
    if (loan == null) {
      TaskContext task = TaskContext.get();
      if (task != null) {
        task.addTaskCompletionListener((TaskCompletionListener) ended -> close());
      }
      loan = ModelsOfProcess.HERE.borrow(model, gpu(task));
    }
  }

  private static Optional<String> gpu(TaskContext task) {
    ResourceInformation gpus = task == null ? null : task.resourcesJMap().get(GPU);
    return gpus == null || gpus.addresses().length == 0
        ? Optional.empty()
        : Optional.of(gpus.addresses()[0]);
  }

  private void closeBatch() {
    if (batch != null) {
      batch.close();
      batch = null;
    }
  }

  /** Does nothing the second time. */
  @Override
  public void close() {
    if (loan != null) {
      try (ModelsOfProcess.Loan lent = loan) {
        closeBatch();
      } finally {
        loan = null;
      }
    }
  }
}
