/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.data.DataException;
import io.cairn.telemetry.FailureReport;
import io.cairn.telemetry.TaskFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.List;
import java.util.OptionalInt;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.SparkException;
import org.junit.jupiter.api.Test;

/** A refused key is told from everything that another attempt may get over. */
class AccessRefusalTest {

  /** As S3A says it. */
  private static final String EXPIRED =
      "s3a://bucket/runs/x/claims: listStatus on s3a://bucket/runs/x/claims:"
          + " com.amazonaws.services.s3.model.AmazonS3Exception: The provided token has expired."
          + " (Service: Amazon S3; Status Code: 400; Error Code: ExpiredToken; Request ID: 7Q;"
          + " S3 Extended Request ID: u3; Proxy: null), S3 Extended Request ID: u3:ExpiredToken:"
          + " The provided token has expired.";

  private static final String FORBIDDEN =
      "s3a://bucket/runs/x/STATUS.json: getFileStatus on s3a://bucket/runs/x/STATUS.json:"
          + " com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3;"
          + " Status Code: 403; Error Code: 403 Forbidden; Request ID: null), S3 Extended Request"
          + " ID: null:403 Forbidden";

  @Test
  void whoRefusedWhatIsOneLine() {
    assertThat(AccessRefusal.in(new IOException(EXPIRED)).orElseThrow().sentence())
        .isEqualTo(
            "access is refused: s3a://bucket/runs/x/claims: The provided token has expired"
                + " (ExpiredToken). Renew the credential");
    assertThat(AccessRefusal.in(new IOException(EXPIRED)).orElseThrow().why())
        .isEqualTo(AccessRefusal.Why.EXPIRED);
    assertThat(AccessRefusal.in(new AccessDeniedException(FORBIDDEN)).orElseThrow().why())
        .isEqualTo(AccessRefusal.Why.DENIED);
    assertThat(AccessRefusal.in(new AccessDeniedException(FORBIDDEN)).orElseThrow().text())
        .isEqualTo("s3a://bucket/runs/x/STATUS.json: Forbidden (403 Forbidden)");
    assertThat(
            AccessRefusal.in(
                new IOException(
                    "no checkpoint could be saved", new AccessDeniedException(FORBIDDEN))))
        .isPresent();
    assertThat(AccessRefusal.in(new IOException("Status Code: 403 " + "x".repeat(9_999))))
        .get()
        .satisfies(refusal -> assertThat(refusal.text().length()).isLessThan(500));
  }

  @Test
  void theRunStopsAsResumable() {
    for (Verdict verdict :
        List.of(
            Verdict.of(new AccessDeniedException(FORBIDDEN)),
            Verdict.of(new DataException(List.of("data: cannot read it: " + FORBIDDEN))),
            task("java.nio.file.AccessDeniedException", FORBIDDEN, ""),
            task(
                "java.io.IOException",
                "no checkpoint could be saved",
                "java.io.IOException: no checkpoint could be saved\n\tat x.Y.z(Y.java:1)\nCaused by:"
                    + " java.nio.file.AccessDeniedException: "
                    + FORBIDDEN
                    + "\n\t... 9 more"))) {
      assertThat(verdict.kind()).isEqualTo(Verdict.VerdictKind.REFUSED);
      assertThat(verdict.reason())
          .startsWith("access is refused: ")
          .endsWith("Forbidden (403 Forbidden). Renew the credential");
    }
  }

  @Test
  void localDisksPermissionsAndBusyStoresAreNone() {
    for (Exception other :
        List.of(
            new AccessDeniedException("/data/runs/x"),
            new AccessControlException("Permission denied: user=me, access=WRITE"),
            new IOException(FORBIDDEN.replace("403 Forbidden", "SlowDown").replace("403", "503")),
            new IOException("disk quota of 403 MB is exceeded"),
            new IOException((String) null))) {
      assertThat(AccessRefusal.in(other)).as(other.toString()).isEmpty();
    }
  }

  private static Verdict task(String errorClass, String message, String detail) {
    TaskFailure failure =
        new TaskFailure(
            TaskFailure.FailureKind.ERROR,
            OptionalInt.of(0),
            "0",
            "host",
            errorClass,
            message,
            detail,
            1);
    return Verdict.of(new SparkException("job failed"), new FailureReport(List.of(failure)));
  }
}
