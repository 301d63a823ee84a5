/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.worker;

import io.cairn.checkpoint.AttemptClaim;
import io.cairn.checkpoint.Retention;
import io.cairn.data.DatasetInfo;
import io.cairn.data.ExampleLayout;
import io.cairn.data.Scaling;
import io.cairn.plan.AskedPlan;
import io.cairn.plan.BatchPlan;
import io.cairn.plan.EpochSchedule;
import io.cairn.plan.StagedPlan;
import io.cairn.settings.BatchSettings.MicroSize;
import io.cairn.settings.CollectiveSettings;
import io.cairn.settings.CollectiveSettings.Encryption;
import io.cairn.settings.CollectiveSettings.Precision;
import io.cairn.settings.CollectiveSettings.SharedMemory;
import io.cairn.settings.PortRange;
import io.cairn.settings.TrainSettings.OnNonFinite;
import io.cairn.settings.TrainSettings.SelfCheck;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Makes the orders that workers get in tests: a first attempt with all that is on by default, which
 * starts from the initial model and writes no files. A test says what it wants otherwise.
 *
 * <p>Threading: one thread.
 */
final class TestSpec {

  private static final Retention KEEP_ALL = new Retention(1000, 0);

  private final StagedPlan plan;
  private final ExampleLayout layout;
  private final byte[] archive;
  private final long examples;
  private final long updates;
  private int attempt = 1;
  private MicroSize microSize = MicroSize.GIVEN;
  private long held;
  private double clip = Double.POSITIVE_INFINITY;
  private OnNonFinite onNonFinite = OnNonFinite.FAIL;
  private SelfCheck selfCheck = SelfCheck.ON;
  private Duration patience = Duration.ofSeconds(30);
  private Encryption encryption = Encryption.ON;
  private SharedMemory sharedMemory = SharedMemory.ON;
  private Precision precision = Precision.EXACT;
  private RunHome home = new RunHome("unused", Map.of(), new Retention(1, 0));
  private String claim = "unused";
  private StopRule stop = StopRule.NONE;
  private int threads = 1;
  private long fromUpdate;
  private int everyUpdates = 1;

  /**
   * @param examples of all ranks, to train on
   * @param updates of the whole run
   * @param archive the initial model
   */
  TestSpec(BatchPlan plan, long examples, long updates, ExampleLayout layout, byte[] archive) {
    this(StagedPlan.of(plan), examples, updates, layout, archive);
  }

  /** The same with steps that change. */
  TestSpec(StagedPlan plan, long examples, long updates, ExampleLayout layout, byte[] archive) {
    this.plan = plan;
    this.examples = examples;
    this.updates = updates;
    this.layout = layout;
    this.archive = archive;
  }

  /** The windows of the first epoch. */
  static EpochSchedule firstEpoch(WorkerSpec spec) {
    return new EpochSchedule(spec.plan().first(), spec.data().trainExamples());
  }

  TestSpec microSize(MicroSize how) {
    microSize = how;
    return this;
  }

  /** Examples of all ranks to validate on. */
  TestSpec held(long number) {
    held = number;
    return this;
  }

  TestSpec clippedTo(double norm) {
    clip = norm;
    return this;
  }

  TestSpec onNonFinite(OnNonFinite reaction) {
    onNonFinite = reaction;
    return this;
  }

  TestSpec selfCheck(SelfCheck wanted) {
    selfCheck = wanted;
    return this;
  }

  TestSpec stopping(StopRule rule) {
    stop = rule;
    return this;
  }

  TestSpec patience(Duration longest) {
    patience = longest;
    return this;
  }

  /** Each rank computes so many micro-batches side by side. */
  TestSpec threads(int number) {
    threads = number;
    return this;
  }

  /** Connections without encryption, and no shared memory. */
  TestSpec plainConnections() {
    encryption = Encryption.OFF;
    sharedMemory = SharedMemory.OFF;
    return this;
  }

  TestSpec precision(Precision how) {
    precision = how;
    return this;
  }

  /** A checkpoint is due every so many updates. */
  TestSpec savingEvery(int some) {
    everyUpdates = some;
    return this;
  }

  /** The attempt that holds the claim, from the checkpoint of an update on; 0 for none. */
  TestSpec keeping(Path output, AttemptClaim claimed, long from) {
    attempt = claimed.attempt();
    claim = claimed.token();
    home = new RunHome(output.toString(), Map.of(), KEEP_ALL);
    fromUpdate = from;
    return this;
  }

  WorkerSpec build() {
    return new WorkerSpec(
        77,
        new AskedPlan(plan, microSize),
        new TrainSpec(5, updates, clip, onNonFinite, selfCheck, stop),
        threads,
        new CollectiveSettings(patience, PortRange.ANY, encryption, sharedMemory, precision),
        new DatasetInfo(layout, Scaling.none(), List.of(), examples, held),
        () -> new ByteArrayInputStream(archive),
        new CheckpointContext(home, attempt, claim, fromUpdate, everyUpdates, "{}", 0));
  }
}
