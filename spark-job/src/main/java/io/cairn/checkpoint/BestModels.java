/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models that have been the best of a run so far, in the directory {@code best/}, one for each
 * update whose validation was. At the run's end the best of them becomes {@code model-best.zip}.
 *
 * <p>There may be several, because an attempt may go back to any checkpoint that is kept, and then
 * the best up to there has to be there still. What is of a later update than an attempt goes on
 * from is deleted when it begins: it may never be made again.
 *
 * <p>Every change requires the attempt's claim.
 *
 * <p>Threading: one thread.
 */
public final class BestModels {

  private static final Logger LOG = LoggerFactory.getLogger(BestModels.class);

  private static final String DIRECTORY = "best";
  static final String PUBLISHED = "model-best.zip";
  private static final Pattern NAME = Pattern.compile("update-(\\d{12,18})\\.zip");

  private final RunFileSystem run;
  private final RunFileSystem models;
  private final Optional<AttemptClaim> claim;

  BestModels(RunFileSystem run, Optional<AttemptClaim> claim) {
    this.run = run;
    this.models = run.within(DIRECTORY);
    this.claim = claim;
  }

  /** Begins an attempt that goes on after an update: forgets what would be of its future. */
  public void begin(long fromUpdate) throws IOException {
    requireClaim();
    for (long update : updates()) {
      if (update > fromUpdate) {
        models.delete(name(update));
      }
    }
  }

  /** The updates of which there is a model, ascending. */
  public List<Long> updates() throws IOException {
    List<Long> updates = new ArrayList<>();
    if (run.directories().contains(DIRECTORY)) {
      for (String name : models.files()) {
        Matcher matcher = NAME.matcher(name);
        if (matcher.matches()) {
          updates.add(Long.parseLong(matcher.group(1)));
        }
      }
    }
    return updates.stream().sorted().toList();
  }

  /**
   * Opens the place of the model after an update; the caller writes it whole and closes it.
   *
   * @param oldestCheckpoint the oldest update that an attempt may go back to; models that are no
   *     longer needed then are deleted
   */
  public OutputStream create(long update, long oldestCheckpoint) throws IOException {
    requireClaim();
    models.make();
    List<Long> before = updates().stream().filter(each -> each <= oldestCheckpoint).toList();
    for (int i = 0; i < before.size() - 1; i++) {
      models.delete(name(before.get(i)));
    }
    return models.createSafe(name(update));
  }

  /** Puts the model of an update in place, whole, and deletes all others. */
  public void publish(long update) throws IOException {
    requireClaim();
    String from = DIRECTORY + "/" + name(update);
    if (updates().contains(update)) {
      run.renameOver(from, PUBLISHED);
    } else if (!run.exists(PUBLISHED)) {
      LOG.warn("the best model, of update {}, is not there any more", update);
    }
    run.delete(DIRECTORY);
  }

  private void requireClaim() throws IOException {
    if (claim.isPresent()) {
      claim.get().requireNewest();
    }
  }

  private static String name(long update) {
    return "update-%012d.zip".formatted(update);
  }
}
