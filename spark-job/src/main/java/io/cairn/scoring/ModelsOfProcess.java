/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring;

import io.cairn.replica.ComputeDevice;
import io.cairn.replica.ModelException;
import io.cairn.replica.Scorer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that are loaded in this process, each once, by the digest of its archive. A task
 * borrows a scorer and gives it back; scorers of one model share its parameters, and there are as
 * many as tasks that score with it at a time.
 *
 * <p>A model that no task uses stays for the next one, up to four of them; then the one that was
 * not used for longest goes, and with it its memory.
 *
 * <p>Lives as long as the process: tasks of one executor know each other by nothing else.
 *
 * <p>Threading: safe everywhere. A task that needs a model which another one is loading waits for
 * it.
 */
final class ModelsOfProcess {

  /** The one of this process. */
  static final ModelsOfProcess HERE = new ModelsOfProcess(4);

  private static final Logger LOG = LoggerFactory.getLogger(ModelsOfProcess.class);

  private final int mostUnused;

  /** In the order of their last use. */
  private final LinkedHashMap<String, Loaded> models = new LinkedHashMap<>(16, 0.75f, true);

  private boolean bound;

  /**
   * @param mostUnused models that are kept though no task uses them
   */
  ModelsOfProcess(int mostUnused) {
    this.mostUnused = mostUnused;
  }

  /** A scorer on loan, for one thread at a time; to be given back by {@link #close}, once. */
  final class Loan implements AutoCloseable {
    private final Loaded model;
    private final Scorer scorer;

    private Loan(Loaded model, Scorer scorer) {
      this.model = model;
      this.scorer = scorer;
    }

    Scorer scorer() {
      return scorer;
    }

    /** Examples of a batch: so many, or fewer where that has been too many for the memory. */
    int fitting(int wanted) {
      return Math.min(wanted, model.mostExamples);
    }

    /**
     * To be called after a pass that did not fit in memory, before the next one, which is half as
     * large.
     *
     * @throws ModelException if that would be none
     */
    void tooMany(int examples, String reason) {
      scorer.abandonPass();
      if (examples == 1) {
        throw new ModelException(
            "not even one example fits in the memory of an executor (%s); executors with more memory outside the heap (spark.executor.memoryOverhead), or with fewer cores and so fewer tasks at a time, may help"
                .formatted(reason));
      }
      LOG.warn(
          "{} examples at a time do not fit in memory, {} are tried: {}",
          examples,
          examples / 2,
          reason);
      model.mostExamples = Math.min(model.mostExamples, examples / 2);
    }

    /** Gives it back; on the thread that scored with it, whose working memory is freed. */
    @Override
    public void close() {
      scorer.forgetPasses();
      model.takeBack(scorer);
      leave(model);
    }
  }

  /**
   * Borrows a scorer, and loads the model where it is not loaded yet.
   *
   * @param gpu the address of the GPU that Spark assigned to the task, if it did
   */
  Loan borrow(ScoringModel model, Optional<String> gpu) {
    bind(gpu);
    Loaded loaded = enter(model.digest());
    try {
      return new Loan(loaded, loaded.lend(model));
    } catch (RuntimeException | Error e) {
      leave(loaded);
      throw e;
    }
  }

  /** Before the first array. */
  private synchronized void bind(Optional<String> gpu) {
    if (!bound) {
      LOG.info("scoring on {}", ComputeDevice.bind(gpu).description());
      bound = true;
    }
  }

  private synchronized Loaded enter(String digest) {
    Loaded loaded = models.computeIfAbsent(digest, Loaded::new);
    loaded.users++;
    return loaded;
  }

  private synchronized void leave(Loaded model) {
    model.users--;
    long unused = models.values().stream().filter(it -> it.users == 0).count();
    Iterator<Loaded> oldestFirst = models.values().iterator();
    while (unused > mostUnused && oldestFirst.hasNext()) {
      Loaded oldest = oldestFirst.next();
      if (oldest.users == 0) {
        oldestFirst.remove();
        oldest.release();
        unused--;
      }
    }
  }

  /** How many models are loaded, for tests. */
  synchronized int size() {
    return models.size();
  }

  /** One model. {@code users} is guarded by the lock of all, what is loaded by its own. */
  private static final class Loaded {
    private final Deque<Scorer> idle = new ArrayDeque<>();
    private final String digest;
    private Scorer first;
    private int users;

    /** Of a batch; fewer once so many did not fit. Tasks that set it at once agree soon enough. */
    private volatile int mostExamples = Integer.MAX_VALUE;

    Loaded(String digest) {
      this.digest = digest;
    }

    synchronized Scorer lend(ScoringModel model) {
      if (!idle.isEmpty()) {
        return idle.pop();
      }
      if (first != null) {
        return first.twin();
      }
      long start = System.nanoTime();
      first = Scorer.load(model.supply().archive());
      LOG.info("model {} loaded in {} ms", digest, (System.nanoTime() - start) / 1_000_000);
      return first;
    }

    synchronized void takeBack(Scorer scorer) {
      idle.push(scorer);
    }

    synchronized void release() {
      if (first != null) {
        first.release();
      }
    }
  }
}
