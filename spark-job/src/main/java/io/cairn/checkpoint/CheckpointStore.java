/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run's directory {@code checkpoints/}, or another like it, with a directory for each update that
 * was saved.
 *
 * <p>A new checkpoint is read back before an older one is deleted. So at every moment at least one
 * of the two newest is good.
 *
 * <p>Every change requires the attempt's claim. If a later attempt has claimed the run, a {@link
 * FencedException} is thrown and nothing is changed.
 *
 * <p>Threading: one thread per instance.
 *
 * <p>Failure: a {@link CheckpointException} says which file of a checkpoint is wrong. Any other
 * IOException comes from the file system, and another try may succeed.
 */
public final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);

  static final String DIRECTORY = "checkpoints";
  private static final Pattern NAME = Pattern.compile("update-(\\d{12,18})");
  private static final int PIECE_BYTES = 1 << 30;

  private final RunFileSystem checkpoints;
  private final CheckpointReader reader;
  private final Retention retention;
  private final Clock clock;

  private CheckpointStore(RunFileSystem checkpoints, Retention retention, Clock clock) {
    this.checkpoints = checkpoints;
    this.reader = new CheckpointReader(checkpoints);
    this.retention = retention;
    this.clock = clock;
  }

  /**
   * Opens a run's checkpoints; creates nothing.
   *
   * @param output the run's directory
   * @param hadoop Hadoop settings on top of those on the class path
   * @param retention which stay when another is saved
   */
  public static CheckpointStore open(String output, Map<String, String> hadoop, Retention retention)
      throws IOException {
    return open(RunFileSystem.of(output, hadoop), retention, Clock.systemUTC());
  }

  static CheckpointStore open(RunFileSystem run, Retention retention, Clock clock) {
    return new CheckpointStore(run.within(DIRECTORY), retention, clock);
  }

  /** The same of a directory from which nothing is deleted when another is saved. */
  static CheckpointStore openAll(RunFileSystem run, String directory) {
    return new CheckpointStore(
        run.within(directory), new Retention(Integer.MAX_VALUE, 0), Clock.systemUTC());
  }

  /** The updates of which there is a checkpoint, not verified, ascending. */
  public List<Long> updates() throws IOException {
    return checkpoints.directories().stream()
        .map(NAME::matcher)
        .filter(Matcher::matches)
        .map(matcher -> Long.parseLong(matcher.group(1)))
        .sorted()
        .toList();
  }

  /**
   * Saves a state, verifies what was written, and deletes what need not be kept.
   *
   * @param state borrowed until return
   * @param claim the attempt that saves
   * @return what was saved; where this update was saved and good already, that
   */
  public Checkpoint save(TrainingState state, AttemptClaim claim) throws IOException {
    long update = state.position().update();
    claim.requireNewest();
    clearLeftovers();
    Optional<Checkpoint> there = goodOrMovedAside(update);
    Checkpoint saved = there.isPresent() ? there.get() : write(state, claim);
    claim.requireNewest();
    retire(update);
    return saved;
  }

  private Checkpoint write(TrainingState state, AttemptClaim claim) throws IOException {
    long update = state.position().update();
    String name = name(update);
    try (CheckpointWrite write = new CheckpointWrite(checkpoints, name, claim.attempt())) {
      write.data(state, claim.attempt(), clock.instant());
      claim.requireNewest();
      write.commit();
    }
    return reader.verify(name, update);
  }

  /** Deletes what need not be kept; what cannot be deleted now can after the next save. */
  private void retire(long saved) {
    try {
      List<Long> updates = updates();
      SortedSet<Long> survivors = retention.survivors(updates);
      for (long update : updates) {
        if (update != saved && !survivors.contains(update)) {
          remove(name(update));
        }
      }
    } catch (IOException e) {
      LOG.warn("older checkpoints could not be deleted", e);
    }
  }

  /** What is at an update's name, if it is good; afterwards the name is free if not. */
  private Optional<Checkpoint> goodOrMovedAside(long update) throws IOException {
    String name = name(update);
    if (!checkpoints.exists(name)) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.verify(name, update));
    } catch (NewerCheckpointException e) {
      throw e;
    } catch (IOException e) {
      LOG.warn("{}; moved to {}", e.getMessage(), moveAside(name));
      return Optional.empty();
    }
  }

  /**
   * Finds the newest checkpoint that verifies, byte by byte. Damaged ones on the way are moved to
   * {@code damaged-...} and kept.
   *
   * @param claim the attempt that looks
   * @throws NewerCheckpointException if a newer version of Cairn wrote the newest
   * @throws IOException if there are checkpoints but none could be read, although none is known to
   *     be damaged
   */
  public NewestGood newestGood(AttemptClaim claim) throws IOException {
    claim.requireNewest();
    List<String> passedOver = new ArrayList<>();
    IOException unreadable = null;
    List<Long> updates = new ArrayList<>(updates());
    updates.sort(Comparator.reverseOrder());
    for (long update : updates) {
      String name = name(update);
      try {
        if (!checkpoints.movesWhole() && !reader.isCommitted(name)) {
          passedOver.add(checkpoints.path(name) + ": was never completed");
          continue;
        }
        return new NewestGood(Optional.of(reader.verify(name, update)), passedOver);
      } catch (CheckpointException e) {
        passedOver.add(e.getMessage() + "; moved to " + moveAside(name));
      } catch (NewerCheckpointException e) {
        throw e;
      } catch (IOException e) {
        passedOver.add(checkpoints.path(name) + ": cannot be read now: " + e);
        if (unreadable == null) {
          unreadable = e;
        } else {
          unreadable.addSuppressed(e);
        }
      }
    }
    if (unreadable != null) {
      throw new IOException(
          "no checkpoint can be read: " + String.join("; ", passedOver), unreadable);
    }
    return new NewestGood(Optional.empty(), passedOver);
  }

  /**
   * Reads a checkpoint and verifies it once more.
   *
   * @param expected what the model needs; another size is refused before memory is taken for it
   */
  public TrainingState load(long update, StateSize expected) throws IOException {
    reader.requireSize(name(update), update, expected);
    List<ByteBuffer> parameters = allocate(expected.parameterBytes());
    List<ByteBuffer> updater = allocate(expected.updaterBytes());
    Checkpoint read = load(update, expected, parameters, updater);
    return new TrainingState(
        read.position(), read.settingsJson(), expected.bytesPerValue(), parameters, updater);
  }

  /**
   * Reads a checkpoint into memory that is there already. When this fails, the content of that
   * memory is undefined.
   *
   * @param expected what the model needs
   * @param parameters filled from each piece's position to its limit; borrowed until return
   * @param updater likewise
   */
  public Checkpoint load(
      long update, StateSize expected, List<ByteBuffer> parameters, List<ByteBuffer> updater)
      throws IOException {
    return reader.read(name(update), update, expected, parameters, updater);
  }

  /** Deletes the checkpoint of an update; the caller has the claim. */
  void delete(long update) throws IOException {
    remove(name(update));
  }

  private void remove(String name) throws IOException {
    if (checkpoints.movesWhole()) {
      String aside = CheckpointWrite.ASIDE + name + "-deleted-" + UUID.randomUUID();
      checkpoints.move(name, aside);
      checkpoints.delete(aside);
    } else {
      checkpoints.delete(name + "/" + CheckpointWrite.MANIFEST);
      checkpoints.delete(name);
    }
  }

  private String moveAside(String name) throws IOException {
    String aside = "damaged-" + name;
    for (int copy = 2; checkpoints.exists(aside); copy++) {
      aside = "damaged-" + name + "-" + copy;
    }
    checkpoints.move(name, aside);
    return checkpoints.path(aside).toString();
  }

  /** What attempts that died in a save left; no other attempt than the newest comes here. */
  private void clearLeftovers() throws IOException {
    for (String name : checkpoints.directories()) {
      boolean incomplete =
          !checkpoints.movesWhole() && NAME.matcher(name).matches() && !reader.isCommitted(name);
      if (name.startsWith(CheckpointWrite.ASIDE) || incomplete) {
        checkpoints.delete(name);
      }
    }
  }

  private static List<ByteBuffer> allocate(long bytes) {
    List<ByteBuffer> pieces = new ArrayList<>();
    for (long left = bytes; left > 0; left -= PIECE_BYTES) {
      pieces.add(ByteBuffer.allocateDirect((int) Math.min(left, PIECE_BYTES)));
    }
    return pieces;
  }

  private static String name(long update) {
    return "update-%012d".formatted(update);
  }
}
