/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import io.cairn.json.StrictJson;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An attempt's right to write the run's files. It is a file in {@code claims/}. The newest claim
 * has the run, and every holder looks for a newer one before it writes.
 *
 * <p>Where a file system creates a file for one process only (local disks, HDFS, ABFS), the file is
 * {@code claims/attempt-0007}. Whoever creates the next number takes the right from all earlier
 * attempts.
 *
 * <p>Elsewhere two processes that create the same file at the same moment may both succeed, and a
 * request that was sent twice may replace the other's file much later. So there each claim is a
 * file of its own, {@code claims/attempt-0007-TOKEN}, which nobody else ever writes. Of two claims
 * with the same number the one with the greater token is the newer. Each claimant writes first and
 * looks then; so, where a listing shows what was written before it, at least one of two sees the
 * other, and both judge alike.
 *
 * <p>The driver makes a claim; rank 0 of the attempt holds it by its number and token.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * <p>Failure: a {@link FencedException} means that another attempt has the run. Any other
 * IOException means that the file system cannot tell.
 */
public final class AttemptClaim {

  static final String CLAIMS = "claims";
  private static final Pattern NAME = Pattern.compile("attempt-(\\d{4,9})(?:-([0-9a-f-]{1,36}))?");
  private static final int MOST_BYTES = 64 << 10;
  private static final int MOST_ATTEMPTS = 999_999_999;
  private static final int MOST_SHOWN = 200;

  private final RunFileSystem claims;
  private final int attempt;
  private final String token;

  private AttemptClaim(RunFileSystem claims, int attempt, String token) {
    this.claims = claims;
    this.attempt = attempt;
    this.token = token;
  }

  /**
   * A claim that is there, by its file's name.
   *
   * @param token empty where the number alone is the name
   */
  private record Found(String name, int attempt, String token) implements Comparable<Found> {
    @Override
    public int compareTo(Found other) {
      return attempt == other.attempt
          ? token.compareTo(other.token)
          : Integer.compare(attempt, other.attempt);
    }
  }

  /** What a claim's file holds. */
  private record ClaimFile(int attempt, String token, String host, String application, String at) {}

  /**
   * Claims the next attempt.
   *
   * @param output the run's directory
   * @param hadoop Hadoop settings on top of those on the class path
   * @param after the last attempt known from elsewhere, 0 for none
   * @param who whom others find
   * @throws FencedException if another claims at this moment
   */
  public static AttemptClaim take(
      String output, Map<String, String> hadoop, int after, Claimant who) throws IOException {
    return take(RunFileSystem.of(output, hadoop), after, who);
  }

  static AttemptClaim take(RunFileSystem run, int after, Claimant who) throws IOException {
    RunFileSystem claims = run.within(CLAIMS);
    claims.make();
    int attempt = Math.max(after, newest(claims).map(Found::attempt).orElse(0)) + 1;
    if (attempt < 1 || attempt > MOST_ATTEMPTS) {
      throw new IOException(
          "after attempt %d no other can be numbered; see %s"
              .formatted(attempt - 1, claims.root()));
    }
    AttemptClaim claim = new AttemptClaim(claims, attempt, UUID.randomUUID().toString());
    ClaimFile file =
        new ClaimFile(attempt, claim.token, who.host(), who.application(), who.at().toString());
    try {
      claim.create(StrictJson.render(file));
      claim.requireNewest();
    } catch (FencedException e) {
      throw e;
    } catch (IOException e) {
      claim.giveUp(e);
      throw e;
    }
    return claim;
  }

  /**
   * A claim that the driver took, in another process.
   *
   * @param attempt as {@link #attempt()}
   * @param token as {@link #token()}
   */
  public static AttemptClaim held(
      String output, Map<String, String> hadoop, int attempt, String token) throws IOException {
    return new AttemptClaim(RunFileSystem.of(output, hadoop).within(CLAIMS), attempt, token);
  }

  /** The attempt's number, from 1. */
  public int attempt() {
    return attempt;
  }

  /** Tells this claim from another of the same number. */
  public String token() {
    return token;
  }

  /**
   * Returns if no one has claimed the run since.
   *
   * @throws FencedException if someone has; it says who and when
   */
  public void requireNewest() throws IOException {
    Optional<Found> newest = newest(claims);
    if (newest.isPresent() && newest.get().compareTo(mine()) > 0) {
      Found other = newest.get();
      throw new FencedException(
          other.attempt() > attempt
              ? "attempt %d must stop: %s has taken over the run"
                  .formatted(attempt, describe(other))
              : atTheSameMoment(other));
    }
    if (newest.isEmpty() || newest.get().compareTo(mine()) < 0 || !isMine(newest.get())) {
      throw new FencedException(
          "attempt %d must stop: its claim %s is gone or another's (%s)"
              .formatted(attempt, claims.path(mine().name()), describe(mine())));
    }
  }

  private Found mine() {
    return claims.createsExclusively()
        ? new Found("attempt-%04d".formatted(attempt), attempt, "")
        : new Found("attempt-%04d-%s".formatted(attempt, token), attempt, token);
  }

  /** A file system that creates exclusively may still lose what it created, to a person's hand. */
  private boolean isMine(Found found) throws IOException {
    return !claims.createsExclusively()
        || read(found).map(ClaimFile::token).equals(Optional.of(token));
  }

  private String atTheSameMoment(Found other) throws IOException {
    return "attempt %d must stop: at the same moment, %s began".formatted(attempt, describe(other));
  }

  private void create(String text) throws IOException {
    try {
      claims.createExclusively(mine().name(), text);
    } catch (IOException e) {
      // HDFS has several errors for a file that is there, one of them while it is being written.
      if (claims.createsExclusively() && claims.exists(mine().name())) {
        FencedException fenced = new FencedException(atTheSameMoment(mine()));
        fenced.initCause(e);
        throw fenced;
      }
      throw e;
    }
  }

  /** It may be there although that was not said, and nobody would ever train under it. */
  private void giveUp(IOException why) {
    if (claims.createsExclusively()) {
      return;
    }
    try {
      claims.delete(mine().name());
    } catch (IOException e) {
      why.addSuppressed(e);
    }
  }

  private static Optional<Found> newest(RunFileSystem claims) throws IOException {
    return claims.files().stream()
        .map(NAME::matcher)
        .filter(Matcher::matches)
        .map(
            name ->
                new Found(
                    name.group(),
                    Integer.parseInt(name.group(1)),
                    name.group(2) == null ? "" : name.group(2)))
        .max(Comparator.naturalOrder());
  }

  private String describe(Found found) throws IOException {
    return read(found)
        .map(
            content ->
                "attempt %d, claimed by %s on %s at %s,"
                    .formatted(
                        found.attempt(),
                        shown(content.application()),
                        shown(content.host()),
                        shown(content.at())))
        .orElse("attempt " + found.attempt() + ", whose claim cannot be read (yet),");
  }

  /** Empty where it is gone, or not (yet) what a claim holds. */
  private Optional<ClaimFile> read(Found found) throws IOException {
    try (InputStream in = claims.open(found.name())) {
      String text = new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
      return Optional.of(StrictJson.parse(text, ClaimFile.class));
    } catch (FileNotFoundException | IllegalArgumentException unreadable) {
      return Optional.empty();
    }
  }

  /** What another wrote, fit for a line of a log. */
  private static String shown(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() > MOST_SHOWN ? line.substring(0, MOST_SHOWN) + "..." : line;
  }
}
