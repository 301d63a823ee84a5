/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
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
 * <p>What has to be safe before a checkpoint is made safe by the same thread, before each try: the
 * metrics, and the state that is the best so far. The best state is needed by an attempt that goes
 * on from there, and by no other. So it is saved with the next checkpoint, and one that is bested
 * before that is never saved.
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
  private final BestStates bests;
  private final AttemptClaim claim;
  private final long everyUpdates;
  private final LongSupplier nanoTime;
  private final ExecutorService thread;

  private final StateCopies copies = new StateCopies();

  /** The best so far, if it is neither safe nor part of the save in flight. */
  private Optional<TrainingState> best = Optional.empty();

  private Optional<Save> inFlight = Optional.empty();
  private long savedUpdate;
  private long dueUpdate;
  private long retryNanos;
  private int failures;
  private IOException lastFailure;

  /**
   * A save in flight.
   *
   * @param checkpoint what was saved, once it is
   * @param copy what is saved, unless its memory is its owner's
   * @param best saved before, a copy too
   */
  private record Save(
      Future<Checkpoint> checkpoint, Optional<TrainingState> copy, Optional<TrainingState> best) {}

  private CheckpointWriter(
      CheckpointStore store,
      BestStates bests,
      AttemptClaim claim,
      long everyUpdates,
      long fromUpdate,
      LongSupplier nanoTime) {
    this.store = store;
    this.bests = bests;
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
   * @param bests likewise
   * @param claim the attempt that saves
   * @param everyUpdates updates between two checkpoints
   * @param fromUpdate the update that the attempt goes on from
   */
  public static CheckpointWriter start(
      CheckpointStore store,
      BestStates bests,
      AttemptClaim claim,
      long everyUpdates,
      long fromUpdate) {
    return start(store, bests, claim, everyUpdates, fromUpdate, System::nanoTime);
  }

  static CheckpointWriter start(
      CheckpointStore store,
      BestStates bests,
      AttemptClaim claim,
      long everyUpdates,
      long fromUpdate,
      LongSupplier nanoTime) {
    return new CheckpointWriter(store, bests, claim, everyUpdates, fromUpdate, nanoTime);
  }

  /**
   * Whether the state after this update should be handed to {@link #take}. Asked after every
   * update; never blocks.
   *
   * @throws IOException if saving has failed for too long
   * @throws FencedException if another attempt has the run
   */
  public boolean wants(long update) throws IOException {
    if (inFlight.isPresent()) {
      if (!inFlight.get().checkpoint().isDone()) {
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
    if (inFlight.isPresent()) {
      throw new IllegalStateException("a save is in flight");
    }
    TrainingState copy;
    try {
      copy = copies.of(state);
    } catch (OutOfMemoryError e) {
      failed(new IOException(noMemory(state), e));
      return;
    }
    dueUpdate = nextDue(state.position().update());
    submit(copy, Optional.of(copy), copy, first);
  }

  /**
   * Copies the state that is the best so far. Before a checkpoint of its update or of a later one
   * is safe, it is.
   *
   * <p>Training waits for a copy only; where there is no memory for one, until the state is saved.
   *
   * @param state borrowed until return
   * @param owner of the state's memory, as for {@link #saveLast}
   */
  public void takeBest(TrainingState state, Object owner) throws IOException, InterruptedException {
    TrainingState copy;
    try {
      copy = copies.of(state);
    } catch (OutOfMemoryError e) {
      LOG.warn("training waits until the best state so far is saved: {}", noMemory(state));
      saveBestNow(state, owner);
      return;
    }
    best.ifPresent(copies::giveBack);
    best = Optional.of(copy);
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
    return tried(
        () -> {
          submit(state, Optional.empty(), owner, first);
          return await();
        });
  }

  private void saveBestNow(TrainingState state, Object owner)
      throws IOException, InterruptedException {
    awaitAll();
    best.ifPresent(copies::giveBack);
    best = Optional.empty();
    Callable<TrainingState> save =
        () -> {
          try {
            bests.save(state, claim);
            return state;
          } finally {
            Reference.reachabilityFence(owner);
          }
        };
    tried(() -> result(thread.submit(save)));
  }

  /** Saves, while training waits. */
  @FunctionalInterface
  private interface Try<T> {
    T run() throws IOException, InterruptedException;
  }

  private static <T> T tried(Try<T> saving) throws IOException, InterruptedException {
    IOException failure = null;
    for (int tries = 0; tries < LAST_SAVES; tries++) {
      try {
        return saving.run();
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

  private void submit(
      TrainingState state, Optional<TrainingState> copy, Object owner, SafeFirst first) {
    Optional<TrainingState> before = best;
    best = Optional.empty();
    Callable<Checkpoint> save =
        () -> {
          try {
            if (before.isPresent()) {
              bests.save(before.get(), claim);
            }
            return save(state, first);
          } finally {
            Reference.reachabilityFence(owner);
          }
        };
    inFlight = Optional.of(new Save(thread.submit(save), copy, before));
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
    if (inFlight.isPresent()) {
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

  /** An interrupted caller leaves the copies to the save that goes on. */
  private Checkpoint await() throws IOException, InterruptedException {
    Save save = inFlight.orElseThrow();
    inFlight = Optional.empty();
    try {
      Checkpoint saved = result(save.checkpoint());
      savedUpdate = saved.update();
      failures = 0;
      save.best().ifPresent(copies::giveBack);
      save.copy().ifPresent(copies::giveBack);
      return saved;
    } catch (IOException e) {
      save.copy().ifPresent(copies::giveBack);
      if (best.isEmpty()) {
        best = save.best();
      } else {
        save.best().ifPresent(copies::giveBack);
      }
      throw e;
    }
  }

  private static <T> T result(Future<T> saving) throws IOException, InterruptedException {
    try {
      return saving.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
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

  private static String noMemory(TrainingState state) {
    return "no memory for a copy of %s: -XX:MaxDirectMemorySize (default: spark.executor.memory)"
            .formatted(state.size())
        + " is too small";
  }
}
