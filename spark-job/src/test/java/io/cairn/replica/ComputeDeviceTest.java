/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComputeDeviceTest {

  private final List<String> calls = new ArrayList<>();

  private ComputeDevice bind(String address) {
    return ComputeDevice.bind(
        Optional.of(address),
        device -> calls.add("use " + device),
        () -> {
          calls.add("start");
          return "JCublasBackend";
        });
  }

  @Test
  void theGpuThatSparkAssignedIsChosenBeforeNd4jStarts() {
    assertThat(bind("3").description()).isEqualTo("GPU 3, JCublasBackend");
    assertThat(calls).containsExactly("use 3", "start");
  }

  @Test
  void anAddressMayCarryTheUuidOfTheGpu() {
    assertThat(bind("1:GPU-8f3a").description()).isEqualTo("GPU 1:GPU-8f3a, JCublasBackend");
    assertThat(calls).containsExactly("use 1", "start");
  }

  @Test
  void theEnvironmentMayPreferTheCpuAsNd4jUnderstandsIt() {
    assertThat(ComputeDevice.cpuIsPreferred(Map.of())).isFalse();
    assertThat(ComputeDevice.cpuIsPreferred(Map.of("BACKEND_PRIORITY_CPU", "99"))).isFalse();
    assertThat(ComputeDevice.cpuIsPreferred(Map.of("BACKEND_PRIORITY_CPU", "101"))).isTrue();
    assertThat(
            ComputeDevice.cpuIsPreferred(
                Map.of("BACKEND_PRIORITY_CPU", "101", "BACKEND_PRIORITY_GPU", "102")))
        .isFalse();
    assertThatThrownBy(() -> ComputeDevice.cpuIsPreferred(Map.of("BACKEND_PRIORITY_CPU", "high")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("BACKEND_PRIORITY_CPU = \"high\"");
  }

  @Test
  void anAddressThatIsNoDeviceNumberIsExplained() {
    assertThatThrownBy(() -> bind("GPU-8f3a"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("\"GPU-8f3a\"")
        .hasMessageContaining("discovery script");
    assertThat(calls).isEmpty();
  }

  @Test
  void aGpuForAJarThatComputesOnTheCpuIsAnErrorNotASlowRun() {
    assertThatThrownBy(() -> ComputeDevice.bind(Optional.of("0")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("-Pcuda");
  }

  @Test
  void aSilentFallBackToTheCpuIsAnError() {
    assertThatThrownBy(
            () -> ComputeDevice.bind(Optional.of("0"), device -> {}, () -> "CpuBackend, BLAS"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("fell back to the CPU");
  }

  @Test
  void onTheCpuTheBlasKernelAndTheHelpersAreNamed() {
    assertThat(ComputeDevice.bind(Optional.empty()).description())
        .startsWith("CpuBackend, BLAS OpenBLAS kernel ")
        .endsWith("DL4J layer helpers on");
  }
}
