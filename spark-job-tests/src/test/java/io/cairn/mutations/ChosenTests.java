/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the test classes that are named, but for heavy ones, up to the first failure. */
public final class ChosenTests {

  /** What the process ends with where all passed. */
  static final int PASSED = 0;

  /** Where one failed; its name is the last line that is printed. */
  static final int FAILED = 10;

  /** Where there was nothing to run. */
  static final int NONE = 11;

  private ChosenTests() {}

  /** Ends the process, whatever threads the tests have left. */
  public static void main(String[] classes) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
            .filters(TagFilter.excludeTags("heavy"))
            .build();
    Launcher launcher = LauncherFactory.create();
    TestPlan plan = launcher.discover(request);
    if (!plan.containsTests()) {
      Runtime.getRuntime().halt(NONE);
    }
    launcher.execute(plan, new UpToTheFirst());
    Runtime.getRuntime().halt(PASSED);
  }

  private static final class UpToTheFirst implements TestExecutionListener {
    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      if (result.getStatus() == TestExecutionResult.Status.FAILED) {
        result.getThrowable().ifPresent(Throwable::printStackTrace);
        System.out.println();
        System.out.println(test.getLegacyReportingName() + " in " + test.getUniqueId());
        System.out.flush();
        Runtime.getRuntime().halt(FAILED);
      }
    }
  }
}
