/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.cairn.deploy.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Drivers and executors that run, seen from within: what the kernel lets them do, and what they are
 * given.
 *
 * <p>Threading: one thread.
 *
 * @param cluster where they are
 */
record LivePods(Cluster cluster) {

  private static final Path EXECUTOR =
      Path.of(System.getProperty("cairn.root"), "deploy/kubernetes/executor-pod.yaml");

  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Bytes that a pod may use: 2 GiB and 1, of a driver, and 1 and 2, of an executor. */
  private static final long MEMORY = 3L << 30;

  /** A driver has its configuration and the secret, as files. */
  void checkDriver(JsonNode pod, String secret) throws Exception {
    checkGuards(pod);
    assertThat(
            exec(ClusterIT.nameOf(pod), "ls /opt/cairn/job /opt/secrets && cat /opt/secrets/key"))
        .contains("my.conf", "my-model.json", secret);
  }

  /** An executor has the secret in its environment, no token, and shared memory of its own. */
  void checkExecutor(JsonNode pod, String secret) throws Exception {
    checkGuards(pod);
    assertThat(exec(ClusterIT.nameOf(pod), "tr '\\0' '\\n' </proc/1/environ"))
        .contains("STORE_KEY=" + secret, "_SPARK_AUTH_SECRET=");
    assertThat(exec(ClusterIT.nameOf(pod), "ls /var/run/secrets 2>&1"))
        .contains("No such file or directory");
    assertThat(exec(ClusterIT.nameOf(pod), "df -B1 --output=fstype,size /dev/shm"))
        .containsPattern("tmpfs +67108864");
  }

  /** Executors may connect to the driver and to each other, whoever is neither to nobody. */
  void checkWhoMayConnect(SubmittedRun run) throws Exception {
    String driver = run.driver().at("/status/podIP").asText();
    String executor = run.executors().get(0).at("/status/podIP").asText();
    String other = ClusterIT.nameOf(run.executors().get(1));
    assertThat(connected(other, driver)).isEqualTo("7078 7079");
    assertThat(connected(other, executor)).startsWith("7079");
    ObjectNode stranger = (ObjectNode) Manifests.read(EXECUTOR).get(0);
    stranger.putObject("metadata").put("name", "stranger");
    ObjectNode container = (ObjectNode) stranger.at("/spec/containers/0");
    container.put("image", "cairn:0.1.0").putArray("args").add("sleep").add("300");
    ((ObjectNode) stranger.get("spec")).put("terminationGracePeriodSeconds", 0);
    cluster.kubectl("create", "--filename=" + cluster.file(stranger));
    cluster.kubectl("wait", "--for=condition=Ready", "--timeout=120s", "pod/stranger");
    assertThat(connected("stranger", driver)).isEmpty();
    assertThat(connected("stranger", executor)).isEmpty();
    cluster.kubectl("delete", "pod", "stranger");
  }

  /** Which of the ports that drivers and executors listen on a pod can connect to. */
  private String connected(String pod, String address) throws Exception {
    String script =
        "for port in 4040 7078 7079 7080 7081; do"
            + " timeout 3 bash -c \"</dev/tcp/%s/$port\" 2>/dev/null && echo -n \"$port \"; done";
    return exec(pod, script.formatted(address)).strip();
  }

  /** As the kernel has them: nobody's rights, calls filtered, memory bounded. */
  private void checkGuards(JsonNode pod) throws Exception {
    assertThat(
            exec(
                ClusterIT.nameOf(pod),
                "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status | tr -d '\\t';"
                    + " cat /sys/fs/cgroup/memory/memory.limit_in_bytes; touch /opt/cairn/conf/x 2>&1"))
        .as("%s", ClusterIT.nameOf(pod))
        .contains(
            "185\n",
            "CapEff:0000000000000000",
            "CapBnd:0000000000000000",
            "NoNewPrivs:1",
            "Seccomp:2",
            MEMORY + "\n",
            "Permission denied");
  }

  /** What a shell in a pod prints. */
  String exec(String pod, String script) throws Exception {
    return cluster.kubectl("exec", pod, "--", "bash", "-c", script + "; true");
  }

  /** Ends an executor's process without a warning, as the kernel does where memory is short. */
  void kill(String pod) throws Exception {
    String script = "kill -9 $(pgrep -x java)";
    try (Script shell =
        cluster.start(
            Map.of(),
            "kubectl",
            "exec",
            "--namespace=" + PodsIT.NAMESPACE,
            pod,
            "--",
            "bash",
            "-c",
            script)) {
      // Whatever it is: the shell goes down with the container.
      shell.exitCode(LIMIT);
    }
  }
}
