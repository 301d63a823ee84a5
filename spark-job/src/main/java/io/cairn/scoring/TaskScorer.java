/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.data.ExampleLayout;
import io.cairn.data.RecordBatch;
import io.cairn.data.Scaling;
import io.cairn.replica.OutputValues;
import io.cairn.replica.OutputValues.OutputSteps;
import java.util.List;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.util.TaskCompletionListener;

/**
 * A scorer and a batch, from the first example that a task has to the end of the task, however that
 * is. A task without examples borrows nothing.
 *
 * <p>Made and closed by the task. Threading: the task's thread.
 */
final class TaskScorer implements AutoCloseable {

  private static final String GPU = "gpu";

  private final ScoringModel model;
  private final ExampleLayout layout;
  private final Scaling scaling;
  private final int examples;
  private ModelsOfProcess.Loan loan;
  private RecordBatch batch;

  /**
   * @param layout of the inputs alone
   * @param examples of a batch
   */
  TaskScorer(ScoringModel model, ExampleLayout layout, Scaling scaling, int examples) {
    this.model = model;
    this.layout = layout;
    this.scaling = scaling;
    this.examples = examples;
  }

  /** The batch, to be filled. */
  RecordBatch batch() {
    if (loan == null) {
      TaskContext task = TaskContext.get();
      if (task != null) {
        task.addTaskCompletionListener((TaskCompletionListener) ended -> close());
      }
      loan = ModelsOfProcess.HERE.borrow(model, gpu(task));
      batch = new RecordBatch(layout, scaling, examples);
    }
    return batch;
  }

  /** The outputs of what is in the batch, and of what it is filled up with. */
  List<OutputValues> score(List<OutputSteps> steps) {
    return loan.scorer().score(batch.filled(), steps);
  }

  private static Optional<String> gpu(TaskContext task) {
    ResourceInformation gpus = task == null ? null : task.resourcesJMap().get(GPU);
    return gpus == null || gpus.addresses().length == 0
        ? Optional.empty()
        : Optional.of(gpus.addresses()[0]);
  }

  /** Does nothing the second time. */
  @Override
  public void close() {
    if (loan != null) {
      try (ModelsOfProcess.Loan lent = loan;
          RecordBatch filled = batch) {
        // In reverse order.
      } finally {
        loan = null;
        batch = null;
      }
    }
  }
}
