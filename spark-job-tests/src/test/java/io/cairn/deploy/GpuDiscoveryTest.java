/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that tells Spark of GPUs, against a stand-in for nvidia-smi. */
class GpuDiscoveryTest {

  private static final Path SCRIPT =
      Path.of(System.getProperty("cairn.root")).resolve("deploy/yarn/gpu-discovery.sh");
  private static final int LIMIT_SECONDS = 60;

  @TempDir Path temp;

  @BeforeEach
  void fakeThreeGpus() throws IOException {
    fakeSmi("printf '0, GPU-aa11\\n1, GPU-bb22\\n2, GPU-bc33\\n'");
  }

  private void fakeSmi(String body) throws IOException {
    Path file = temp.resolve("nvidia-smi");
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void everyGpuIsListedByCudasNumberAndItsUuid() throws Exception {
    assertThat(addresses(Map.of())).containsExactly("0:GPU-aa11", "1:GPU-bb22", "2:GPU-bc33");
  }

  @Test
  void visibleDevicesAreNumberedAsCudaNumbersThem() throws Exception {
    assertThat(visible("2,0")).containsExactly("0:GPU-bc33", "1:GPU-aa11");
    assertThat(visible("1")).containsExactly("0:GPU-bb22");
    assertThat(visible("GPU-bc,0")).containsExactly("0:GPU-bc33", "1:GPU-aa11");
  }

  @Test
  void whatNamesNoGpuEndsTheListAsItDoesForCuda() throws Exception {
    assertThat(visible("0,7,1")).containsExactly("0:GPU-aa11");
    assertThat(visible("0,GPU-b,1")).as("ambiguous").containsExactly("0:GPU-aa11");
  }

  @Test
  void noVisibleGpuIsAnErrorThatSaysWhatWasLookedAt() throws Exception {
    assertThat(failure(Map.of("CUDA_VISIBLE_DEVICES", "")))
        .contains("no GPU is visible: nvidia-smi lists 3, CUDA_VISIBLE_DEVICES is \"\"");
    assertThat(failure(Map.of("CUDA_VISIBLE_DEVICES", "-1"))).contains("no GPU is visible");
  }

  @Test
  void partsOfGpusAreRefused() throws Exception {
    assertThat(failure(Map.of("CUDA_VISIBLE_DEVICES", "MIG-77")))
        .contains("a part of a GPU, MIG-77");
  }

  @Test
  void brokenOrMissingSmiIsNamed() throws Exception {
    fakeSmi("echo \"couldn't communicate with the NVIDIA driver\"; exit 9");
    assertThat(failure(Map.of())).contains("nvidia-smi: couldn't communicate with the NVIDIA");
    fakeSmi("echo 'No devices were found'");
    assertThat(failure(Map.of())).contains("not an index and a UUID");
  }

  @Test
  void claimsGiveEachProcessAGpuOfItsOwnUntilItEnds() throws Exception {
    Map<String, String> claims =
        Map.of(
            "CAIRN_GPU_CLAIMS", temp.resolve("claims").toString(), "CUDA_VISIBLE_DEVICES", "0,1");
    try (Holder first = hold(claims);
        Holder second = hold(claims)) {
      assertThat(List.of(first.address, second.address))
          .containsExactlyInAnyOrder("0:GPU-aa11", "1:GPU-bb22");
      assertThat(failure(with(claims, "CAIRN_GPU_CLAIMS_WAIT", "0")))
          .contains("all of 0:GPU-aa11 1:GPU-bb22 are claimed in " + temp.resolve("claims"));
      first.process.destroyForcibly();
      try (Holder third = hold(with(claims, "CAIRN_GPU_CLAIMS_WAIT", "50"))) {
        assertThat(third.address).isEqualTo(first.address);
      }
    }
  }

  private static Map<String, String> with(Map<String, String> given, String name, String value) {
    Map<String, String> more = new java.util.HashMap<>(given);
    more.put(name, value);
    return more;
  }

  /**
   * A process that asked for a GPU and lives on.
   *
   * @param process to be ended
   * @param address what it got
   */
  private record Holder(Process process, String address) implements AutoCloseable {
    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private Holder hold(Map<String, String> environment) throws IOException {
    Process process =
        start(environment, "bash", "-c", "\"$0\"; read -r forever", SCRIPT.toString());
    String line = process.inputReader().readLine();
    return new Holder(process, parsed(line).get(0));
  }

  private List<String> visible(String devices) throws Exception {
    return addresses(Map.of("CUDA_VISIBLE_DEVICES", devices));
  }

  private List<String> addresses(Map<String, String> environment) throws Exception {
    Process process = start(environment, SCRIPT.toString());
    String printed = output(process);
    assertThat(process.exitValue()).as(printed).isZero();
    return parsed(printed);
  }

  private String failure(Map<String, String> environment) throws Exception {
    Process process = start(environment, SCRIPT.toString());
    String printed = output(process);
    assertThat(process.exitValue()).as(printed).isEqualTo(1);
    return printed;
  }

  private Process start(Map<String, String> environment, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("CUDA_VISIBLE_DEVICES");
    builder.environment().remove("CAIRN_GPU_CLAIMS");
    builder.environment().put("PATH", temp + ":" + System.getenv("PATH"));
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String output(Process process) throws Exception {
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    return printed;
  }

  private static List<String> parsed(String json) throws IOException {
    JsonNode answer = new ObjectMapper().readTree(json);
    assertThat(answer.get("name").asText()).isEqualTo("gpu");
    List<String> addresses = new ArrayList<>();
    answer.get("addresses").forEach(address -> addresses.add(address.asText()));
    return addresses;
  }
}
