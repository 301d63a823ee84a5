/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves checkpoints while training goes on. Between two updates the state is copied into the
 * writer's buffers; training waits only for that. A thread of the writer then saves the copy.
 *
 * <p>Only one save runs at a time. If the next one is due while it runs, training does not wait:
 * the state is copied after the first update that follows the end of the save. So a crash costs at
 * most the interval plus the time of one save.
 *
 * <p>If a save fails, this is logged. Half a minute later another is tried, with the state of that
 * time. {@link #wants} throws only when three saves in a row have failed and three intervals have
 * passed without a checkpoint. So a disk that is full for a while does not end a run, and one that
 * stays full is noticed. A {@link FencedException} is thrown at once.
 *
 * <p>What has to be safe before a checkpoint is made safe by the same thread, before each try.
 *
 * <p>Owned by rank 0's task, which closes it.
 *
 * <p>Threading: one thread, that of the training loop.
 */
public final class CheckpointWriter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);
  private static final int MOST_FAILURES = 3;
  private static final int CLOSE_SECONDS = 10;
  private static final int LAST_SAVES = 2;
  private static final long RETRY_NANOS = Duration.ofSeconds(30).toNanos();

  /** What has to be safe before a checkpoint is, such as the metrics up to its update. */
  @FunctionalInterface
  public interface SafeFirst {
    /** Makes it safe; called by the writer's thread, again where a save is tried again. */
    void makeSafe() throws IOException;
  }

  private final CheckpointStore store;
  private final AttemptClaim claim;
  private final long everyUpdates;
  private final LongSupplier nanoTime;
  private final ExecutorService thread;

  private List<ByteBuffer> parameters = List.of();
  private List<ByteBuffer> updater = List.of();
  private Future<Checkpoint> inFlight;
  private long savedUpdate;
  private long dueUpdate;
  private long retryNanos;
  private int failures;
  private IOException lastFailure;

  private CheckpointWriter(
      CheckpointStore store,
      AttemptClaim claim,
      long everyUpdates,
      long fromUpdate,
      LongSupplier nanoTime) {
    this.store = store;
    this.claim = claim;
    this.everyUpdates = everyUpdates;
    this.nanoTime = nanoTime;
    this.savedUpdate = fromUpdate;
    this.dueUpdate = nextDue(fromUpdate);
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread saver = new Thread(work, "cairn-checkpoint");
              saver.setDaemon(true);
              return saver;
            });
  }

  /**
   * Starts a writer.
   *
   * @param store used by the writer's thread alone until it is closed
   * @param claim the attempt that saves
   * @param everyUpdates updates between two checkpoints
   * @param fromUpdate the update that the attempt goes on from
   */
  public static CheckpointWriter start(
      CheckpointStore store, AttemptClaim claim, long everyUpdates, long fromUpdate) {
    return start(store, claim, everyUpdates, fromUpdate, System::nanoTime);
  }

  static CheckpointWriter start(
      CheckpointStore store,
      AttemptClaim claim,
      long everyUpdates,
      long fromUpdate,
      LongSupplier nanoTime) {
    return new CheckpointWriter(store, claim, everyUpdates, fromUpdate, nanoTime);
  }

  /**
   * Whether the state after this update should be handed to {@link #take}. Asked after every
   * update; never blocks.
   *
   * @throws IOException if saving has failed for too long
   * @throws FencedException if another attempt has the run
   */
  public boolean wants(long update) throws IOException {
    if (inFlight != null) {
      if (!inFlight.isDone()) {
        return false;
      }
      settle();
    }
    if (failures >= MOST_FAILURES && update - savedUpdate >= MOST_FAILURES * everyUpdates) {
      throw new IOException(
          "no checkpoint could be saved since update %d, in %d tries; the last failed with: %s"
              .formatted(savedUpdate, failures, lastFailure),
          lastFailure);
    }
    return failures == 0 ? update >= dueUpdate : nanoTime.getAsLong() - retryNanos >= 0;
  }

  /**
   * Copies a state and has it saved. Only after {@link #wants} said so.
   *
   * @param state borrowed until return
   * @param first made safe before the state is
   */
  public void take(TrainingState state, SafeFirst first) {
    if (inFlight != null) {
      throw new IllegalStateException("a save is in flight");
    }
    TrainingState copy;
    try {
      parameters = copy(state.parameters(), parameters);
      updater = copy(state.updater(), updater);
      copy =
          new TrainingState(
              state.position(), state.settingsJson(), state.bytesPerValue(), parameters, updater);
    } catch (OutOfMemoryError e) {
      parameters = List.of();
      updater = List.of();
      failed(
          new IOException(
              "no memory for a copy of %s: -XX:MaxDirectMemorySize (default: spark.executor.memory)"
                      .formatted(state.size())
                  + " is too small",
              e));
      return;
    }
    dueUpdate = nextDue(state.position().update());
    inFlight = thread.submit(() -> save(copy, first));
  }

  /**
   * Saves the state that an attempt ends with, and returns when it is safe. What is in flight ends
   * first. Tries twice.
   *
   * @param state borrowed until return
   * @param owner of the state's memory, which must not be collected before the saving has ended,
   *     even where nobody waits for that any more
   * @param first made safe before the state is
   */
  public Checkpoint saveLast(TrainingState state, Object owner, SafeFirst first)
      throws IOException, InterruptedException {
    awaitAll();
    IOException failure = null;
    for (int tries = 0; tries < LAST_SAVES; tries++) {
      inFlight = thread.submit(() -> save(state, owner, first));
      try {
        return await();
      } catch (FencedException e) {
        throw e;
      } catch (IOException e) {
        if (failure != null) {
          e.addSuppressed(failure);
        }
        failure = e;
      }
    }
    throw failure;
  }

  private Checkpoint save(TrainingState state, Object owner, SafeFirst first) throws IOException {
    try {
      return save(state, first);
    } finally {
      Reference.reachabilityFence(owner);
    }
  }

  private Checkpoint save(TrainingState state, SafeFirst first) throws IOException {
    long beganNanos = nanoTime.getAsLong();
    first.makeSafe();
    Checkpoint saved = store.save(state, claim);
    LOG.info(
        "checkpoint of update {} saved in {} ms: {}",
        saved.update(),
        TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - beganNanos),
        saved.location());
    return saved;
  }

  /** Waits until no save is in flight; one that failed is logged, and thrown if it was fenced. */
  public void awaitAll() throws IOException, InterruptedException {
    if (inFlight != null) {
      try {
        await();
      } catch (FencedException e) {
        throw e;
      } catch (IOException e) {
        failed(e);
      }
    }
  }

  /** The update of the newest checkpoint known to be good, or that the attempt goes on from. */
  public long savedUpdate() {
    return savedUpdate;
  }

  /** Lets a save in flight end, for ten seconds, or until this thread is interrupted. */
  @Override
  public void close() {
    thread.shutdown();
    boolean ended = false;
    try {
      ended = thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!ended) {
      thread.shutdownNow();
      LOG.warn("a checkpoint was not completed in time and is given up");
    }
  }

  private Checkpoint await() throws IOException, InterruptedException {
    try {
      Checkpoint saved = inFlight.get();
      savedUpdate = saved.update();
      failures = 0;
      return saved;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      inFlight = null;
    }
  }

  private void settle() throws IOException {
    try {
      awaitAll();
    } catch (InterruptedException e) {
      throw new IllegalStateException("it was done", e);
    }
  }

  private void failed(IOException failure) {
    failures++;
    lastFailure = failure;
    retryNanos = nanoTime.getAsLong() + RETRY_NANOS;
    LOG.warn("a checkpoint could not be saved; {} in a row", failures, failure);
  }

  private long nextDue(long update) {
    return (update / everyUpdates + 1) * everyUpdates;
  }

  private static List<ByteBuffer> copy(List<ByteBuffer> from, List<ByteBuffer> reused) {
    List<ByteBuffer> to = new ArrayList<>();
    for (int i = 0; i < from.size(); i++) {
      ByteBuffer source = from.get(i).duplicate();
      ByteBuffer target =
          i < reused.size() && reused.get(i).capacity() == source.remaining()
              ? reused.get(i).clear()
              : ByteBuffer.allocateDirect(source.remaining());
      to.add(target.put(source).flip());
    }
    return to;
  }
}
