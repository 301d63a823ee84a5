/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.telemetry.TaskFailure;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A store or a cluster that does not let us in: a credential has expired, or was never valid.
 * Another attempt would be refused in the same way; another submit with a new credential is not.
 *
 * <p>It is known by the types and messages of an exception and its causes, because the classes of
 * stores are not on every class path, and because a task's exception comes to the driver as text.
 * HDFS says {@code AccessControlException} of its permissions, which do not expire: that is none.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param text who refused what, in a line
 * @param why what is known of the credential
 */
public record AccessRefusal(String text, Why why) {

  /** What is known of a credential that is refused. */
  public enum Why {
    /** It was right once. */
    EXPIRED,
    /** It may never have been right. */
    DENIED
  }

  private static final int MOST_SHOWN = 400;
  private static final int MOST_CAUSES = 50;

  private static final Pattern TYPES =
      Pattern.compile(
          "(.*\\.)?(NoAuthWithAWSException|CredentialInitializationException"
              + "|TokenAccessProviderException|SecretManager\\$InvalidToken)");

  /** Of a store: of a local disk it is no credential's. */
  private static final Pattern DENIED =
      Pattern.compile("(.*\\.)?AccessDeniedException: .*\\b\\w+://.*");

  private static final Pattern EXPIRED =
      Pattern.compile(
          "ExpiredToken|TokenRefreshRequired|RequestExpired"
              // All that S3 says of an expired token where it only looks.
              + "|Error Code: 400 Bad Request");

  private static final Pattern WORDS =
      Pattern.compile(
          "InvalidAccessKeyId|SignatureDoesNotMatch|[Ss]tatus [Cc]ode: 40[13]\\b"
              + "|\\b40[13] (Forbidden|Unauthorized)\\b");

  /**
   * What Hadoop says of S3: the address, what was done, and in brackets more than anybody wants.
   */
  private static final Pattern OF_S3 =
      Pattern.compile(
          "^.*?(s3a://[^\\s:]+).*?Exception: (.*?)\\.? \\(Service: .*?Error Code: ([^;)]+)[;)].*$");

  private static final Pattern LINK =
      Pattern.compile("^(?:Caused by: )?([a-zA-Z_][\\w.]*\\.[\\w$]+)(?:: (.*))?$");

  /** Empty where it failed for another reason. */
  public static Optional<AccessRefusal> in(Throwable failure) {
    Throwable e = failure;
    for (int depth = 0; e != null && depth < MOST_CAUSES; depth++) {
      Optional<AccessRefusal> found =
          in(e.getClass().getName(), e.getMessage() == null ? "" : e.getMessage());
      if (found.isPresent()) {
        return found;
      }
      e = e.getCause();
    }
    return Optional.empty();
  }

  /** The same of a task's failure. */
  static Optional<AccessRefusal> in(TaskFailure failure) {
    Optional<AccessRefusal> outermost = in(failure.errorClass(), failure.message());
    return outermost.isPresent()
        ? outermost
        : failure
            .detail()
            .lines()
            .map(LINK::matcher)
            .filter(Matcher::matches)
            .flatMap(link -> in(link.group(1), link.group(2) == null ? "" : link.group(2)).stream())
            .findFirst();
  }

  private static Optional<AccessRefusal> in(String type, String message) {
    String line = message.strip().lines().findFirst().orElse(type);
    if (EXPIRED.matcher(line).find()) {
      return Optional.of(new AccessRefusal(shown(line), Why.EXPIRED));
    }
    boolean isRefusal =
        TYPES.matcher(type).matches()
            || DENIED.matcher(type + ": " + line).matches()
            || WORDS.matcher(line).find();
    return isRefusal ? Optional.of(new AccessRefusal(shown(line), Why.DENIED)) : Optional.empty();
  }

  private static String shown(String line) {
    Matcher s3 = OF_S3.matcher(line);
    String text =
        s3.matches() ? "%s: %s (%s)".formatted(s3.group(1), s3.group(2), s3.group(3)) : line;
    return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "..." : text;
  }

  /** For whoever can renew it. */
  public String sentence() {
    return "access is refused: " + text + ". Renew the credential";
  }
}
