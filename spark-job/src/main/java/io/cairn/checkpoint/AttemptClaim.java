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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An attempt's right to write the run's files. It is a file {@code claims/attempt-0007} that only
 * one process can create. Whoever creates the file with the next number takes the right from all
 * earlier attempts.
 *
 * <p>Creating the file is exclusive on local disks and on HDFS. An object store first checks and
 * then writes, so two processes that claim at the same moment may both succeed. The token of the
 * later one stays in the file, and {@link #requireNewest} stops the other.
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
  private static final Pattern NAME = Pattern.compile("attempt-(\\d{4,9})");
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
    int attempt = Math.max(after, newest(claims).orElse(0)) + 1;
    if (attempt < 1 || attempt > MOST_ATTEMPTS) {
      throw new IOException(
          "after attempt %d no other can be numbered; see %s"
              .formatted(attempt - 1, claims.root()));
    }
    AttemptClaim claim = new AttemptClaim(claims, attempt, UUID.randomUUID().toString());
    ClaimFile file =
        new ClaimFile(attempt, claim.token, who.host(), who.application(), who.at().toString());
    claim.create(StrictJson.render(file));
    claim.requireNewest();
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
    int newest = newest(claims).orElse(0);
    if (newest > attempt) {
      throw new FencedException(
          "attempt " + attempt + " must stop: " + describe(newest) + " has taken over the run");
    }
    if (newest < attempt || !read(attempt).map(ClaimFile::token).equals(Optional.of(token))) {
      throw new FencedException(
          "attempt %d must stop: its claim %s is gone or another's (%s)"
              .formatted(attempt, claims.path(name(attempt)), describe(attempt)));
    }
  }

  private void create(String text) throws IOException {
    try {
      claims.createExclusively(name(attempt), text);
    } catch (IOException e) {
      // HDFS has several errors for a file that is there, one of them while it is being written.
      if (claims.exists(name(attempt))) {
        FencedException fenced =
            new FencedException(
                "attempt %d must stop: at the same moment, %s began"
                    .formatted(attempt, describe(attempt)));
        fenced.initCause(e);
        throw fenced;
      }
      throw e;
    }
  }

  private static OptionalInt newest(RunFileSystem claims) throws IOException {
    return claims.files().stream()
        .map(NAME::matcher)
        .filter(Matcher::matches)
        .mapToInt(matcher -> Integer.parseInt(matcher.group(1)))
        .max();
  }

  private String describe(int number) throws IOException {
    return read(number)
        .map(
            content ->
                "attempt %d, claimed by %s on %s at %s,"
                    .formatted(
                        number,
                        shown(content.application()),
                        shown(content.host()),
                        shown(content.at())))
        .orElse("attempt " + number + ", whose claim cannot be read (yet),");
  }

  /** Empty where it is gone, or not (yet) what a claim holds. */
  private Optional<ClaimFile> read(int number) throws IOException {
    try (InputStream in = claims.open(name(number))) {
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

  private static String name(int attempt) {
    return "attempt-%04d".formatted(attempt);
  }
}
