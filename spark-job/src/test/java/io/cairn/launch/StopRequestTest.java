/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopRequestTest {

  @Test
  void firstReasonCountsAndLaterOnesAreRefused() {
    StopRequest stop = new StopRequest();
    assertThat(stop.reason()).isEmpty();
    assertThat(stop.ask("stopped by SIGINT")).isTrue();
    assertThat(stop.ask("stopped by SIGTERM")).isFalse();
    assertThat(stop.reason()).contains("stopped by SIGINT");
  }

  @Test
  void actionsRunOnceWhetherRegisteredBeforeOrAfter() {
    StopRequest stop = new StopRequest();
    List<String> ran = new ArrayList<>();
    stop.whenAsked(() -> ran.add("before"));
    stop.ask("stop");
    stop.ask("stop");
    stop.whenAsked(() -> ran.add("after"));
    assertThat(ran).containsExactly("before", "after");
  }
}
