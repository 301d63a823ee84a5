/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import io.cairn.api.TrainingPlan;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.Estimate;
import io.cairn.plan.MicroCandidates;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Prints a plan as aligned text.
 *
 * <p>Threading: stateless.
 */
final class PlanText {

  private static final int LABEL_WIDTH = 18;
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private PlanText() {}

  /**
   * The plan.
   *
   * @param heapBytes of an executor
   */
  static String of(TrainingPlan run, long heapBytes) {
    AskedPlan plan = run.batch();
    Estimate estimate = run.estimate();
    List<String> lines = new ArrayList<>();
    line(lines, "run", run.name() + " -> " + run.output());
    line(lines, "batch", plan.plan().isUniform() ? plan.toString() : unlessSteps(plan.plan()));
    if (!plan.plan().isUniform()) {
      stages(run).forEach(stage -> line(lines, "", stage));
    }
    if (plan.microSize() == MicroSize.PROBED) {
      line(lines, "", probe(run));
    }
    line(lines, "threads", run.threads().toString());
    line(
        lines,
        "data",
        "%,d examples to train on, %,d to validate with"
            .formatted(run.trainExamples(), run.validationExamples()));
    line(lines, "shards", shards(estimate));
    line(
        lines,
        "updates",
        plan.plan().isUniform()
            ? "%,d an epoch, %,d in all".formatted(estimate.updatesPerEpoch(), run.updates())
            : "%,d in all, in %,d epochs".formatted(run.updates(), run.epochs()));
    line(
        lines,
        "model",
        "%,d parameters of %d bits".formatted(run.parameters(), run.bytesPerValue() * 8));
    LayerTable.of(run.layers()).forEach(row -> line(lines, "", row));
    line(
        lines,
        "memory",
        "%s an executor, whatever the steps: heap %s (spark.executor.memory), arrays %s,"
            .formatted(
                bytes(estimate.executorBytes(heapBytes)),
                bytes(heapBytes),
                bytes(estimate.arrayBytes())));
    line(
        lines,
        "",
        "the Java machine and libraries %s; as many as it can of the shard's pages besides"
            .formatted(bytes(Estimate.MACHINERY_BYTES)));
    line(lines, "arrays", arrays(estimate));
    line(
        lines,
        "",
        "micro-batch%s %s (%d are held), forward and backward pass %s%s"
            .formatted(
                plan.microSize() == MicroSize.PROBED ? " of one example" : "",
                bytes(estimate.microBatchBytes()),
                estimate.microBatchesHeld(),
                bytes(estimate.passBytes()),
                estimate.threads() == 1 ? "" : " on each thread"));
    line(
        lines,
        "",
        "on rank 0 %s more: a copy of parameters and updater while a checkpoint is saved (at most three with train.early-stopping)"
            .formatted(bytes(estimate.checkpointCopyBytes())));
    line(
        lines,
        "local disk",
        "%s a worker for its shard, and twice as much for what Spark keeps of it until the run ends"
            .formatted(bytes(estimate.shardFileBytes())));
    line(
        lines,
        "traffic",
        bytes(estimate.trafficBytesPerUpdate()) + " an update, sent and received by each worker");
    if (run.rounding() == TrainingPlan.Rounding.BF16) {
      line(
          lines,
          "note",
          "collective.precision = bf16: half that traffic in most updates, %s more memory a worker"
              .formatted(bytes(estimate.gradientBytes())));
    }
    run.notesOnBatch().forEach(note -> line(lines, "note", note));
    run.notesOnModel().forEach(note -> line(lines, "note", note));
    run.notesOnData().forEach(note -> line(lines, "note", note));
    run.selfCheck().ifPresent(found -> line(lines, "check", found));
    run.notesOnStatistics().forEach(note -> line(lines, "note", note));
    return String.join("", lines);
  }

  private static String unlessSteps(StagedPlan plan) {
    return "workers %d x micro %d x steps by epoch (batch.schedule):"
        .formatted(plan.workers(), plan.micro());
  }

  /** A line for each stage that the run comes to; of others a note tells. */
  private static List<String> stages(TrainingPlan run) {
    StagedPlan plan = run.batch().plan();
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < plan.stages().size(); i++) {
      long first = plan.stages().get(i).firstEpoch() + 1;
      boolean isLast = i == plan.stages().size() - 1;
      long last = isLast ? run.epochs() : plan.stages().get(i + 1).firstEpoch();
      if (first <= run.epochs()) {
        lines.add(epochs(first, Math.min(last, run.epochs())) + stage(plan.plans().get(i), run));
      }
    }
    return lines;
  }

  private static String epochs(long first, long last) {
    return first == last
        ? "epoch %,d".formatted(first)
        : "epochs %,d to %,d".formatted(first, last);
  }

  private static String stage(BatchPlan plan, TrainingPlan run) {
    String idle =
        plan.steps() < run.threads().number()
            ? "; %d of a worker's %d threads have a micro-batch"
                .formatted(plan.steps(), run.threads().number())
            : "";
    return ": steps %d = effective %,d, %,d updates an epoch%s"
        .formatted(plan.steps(), plan.effective(), plan.updatesPerEpoch(run.trainExamples()), idle);
  }

  /** One more thing to know. */
  static String note(String text) {
    List<String> lines = new ArrayList<>();
    line(lines, "note", text);
    return lines.get(0);
  }

  private static String probe(TrainingPlan run) {
    String sizes =
        MicroCandidates.of(run.batch().plan().first(), run.trainExamples(), run.threads().number())
            .stream()
            .map(BatchPlan::micro)
            .map(String::valueOf)
            .collect(Collectors.joining(", "));
    return "micro auto: the executors try %s when training begins, and all take the largest that fits"
        .formatted(sizes);
  }

  /** Bytes for people, with binary units. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, UNITS[unit]);
  }

  private static String arrays(Estimate estimate) {
    String gradients = estimate.threads() == 1 ? "gradient" : estimate.threads() + " gradients";
    String updater = bytes(estimate.updaterBytes());
    if (estimate.gradientBytes() == estimate.parameterBytes()) {
      return "parameters, %s and accumulator of %s each, updater %s,"
          .formatted(gradients, bytes(estimate.parameterBytes()), updater);
    }
    return "parameters and %s of %s each, accumulator %s, updater %s,"
        .formatted(
            gradients, bytes(estimate.parameterBytes()), bytes(estimate.gradientBytes()), updater);
  }

  private static String shards(Estimate estimate) {
    return estimate.smallestShard() == estimate.largestShard()
        ? "%,d examples each".formatted(estimate.largestShard())
        : "%,d to %,d examples".formatted(estimate.smallestShard(), estimate.largestShard());
  }

  private static void line(List<String> lines, String label, String text) {
    lines.add(("%-" + LABEL_WIDTH + "s%s%n").formatted(label, text));
  }
}
