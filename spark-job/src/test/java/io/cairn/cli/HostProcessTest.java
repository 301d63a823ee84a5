/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.launch.LaunchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkUserAppException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("spark")
class HostProcessTest {

  private static final Map<String, String> YARN_CLUSTER =
      Map.of("spark.master", "yarn", "spark.submit.deployMode", "cluster");

  private final List<Integer> exits = new ArrayList<>();

  private void end(int exitCode, Map<String, String> properties) throws SparkUserAppException {
    HostProcess.end(exitCode, properties::get, exits::add);
  }

  @Test
  void aProcessOfItsOwnExits() throws Exception {
    end(75, Map.of());
    end(0, Map.of("spark.master", "yarn", "spark.submit.deployMode", "client"));
    end(2, Map.of("spark.master", "spark://host:7077", "spark.submit.deployMode", "cluster"));
    assertThat(exits).containsExactly(75, 0, 2);
  }

  @Test
  void anApplicationMasterIsToldTheExitCodeAndSurvivesSuccess() throws Exception {
    end(0, YARN_CLUSTER);
    assertThatThrownBy(() -> end(75, YARN_CLUSTER))
        .isInstanceOfSatisfying(
            SparkUserAppException.class, told -> assertThat(told.exitCode()).isEqualTo(75));
    assertThat(exits).isEmpty();
  }

  @Test
  void anotherSparkIsToldByASentenceAloneWhereAnExitCodeWouldNeedItsClasses() {
    LaunchException why = new LaunchException(List.of("another Spark"));
    HostProcess.endUnsupported(why, Map.<String, String>of()::get, exits::add);
    assertThat(exits).containsExactly(2);
    assertThatThrownBy(() -> HostProcess.endUnsupported(why, YARN_CLUSTER::get, exits::add))
        .isSameAs(why);
    assertThat(exits).hasSize(1);
  }
}
