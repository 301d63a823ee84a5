/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.settings.RecoverySettings;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What comes of a key with which the run cannot even be claimed. */
class FirstClaimTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private static Outcome outcome(String refusal) throws IOException {
    RunEnvironment environment =
        (RunEnvironment)
            Proxy.newProxyInstance(
                RunEnvironment.class.getClassLoader(),
                new Class<?>[] {RunEnvironment.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "claim" -> throw new IOException(refusal);
                      case "stopAsked" -> Optional.empty();
                      case "isClusterOver" -> false;
                      default -> throw new AssertionError(method);
                    });
    StatusKeeper status = new StatusKeeper(Clock.systemUTC(), "run", List.of());
    RetryDecision decision =
        new RetryDecision(new RecoverySettings(9, 3, HOUR, HOUR, 2, HOUR), System::nanoTime);
    return new RunLifecycle(environment, status, decision, ResumeMode.AUTO).run();
  }

  @Test
  void oneThatMayNotWriteIsNotTriedAgain() throws IOException {
    Outcome denied = outcome("s3a://bucket/run/claims: Status Code: 403; AccessDenied");
    assertThat(denied.exitCode()).isEqualTo(Outcome.EXIT_INVALID);
    assertThat(denied.reason()).startsWith("access is refused: s3a://bucket/run/claims");
  }

  /** While the data was read, say. */
  @Test
  void oneThatHasExpiredIsRenewedAndTheSameCommandGoesOn() throws IOException {
    Outcome expired = outcome("s3a://bucket/run/claims: ExpiredToken: it has expired");
    assertThat(expired.exitCode()).isEqualTo(Outcome.EXIT_RESUMABLE);
  }
}
