/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.stores.FaultyNetwork;
import io.cairn.stores.S3Server;
import io.cairn.stores.StoreFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run whose data, model and output are on S3, by Spark's own launcher, with executors in
 * processes of their own: whatever is killed and whatever the network does, it ends with the model
 * of an undisturbed run on a local disk, to the byte, and its metrics show every update once.
 */
class S3RunIT {

  private static final String MASTER = "local-cluster[2,1,1024]";
  private static final Duration LIMIT = Duration.ofMinutes(8);
  private static final int UPDATES_PER_EPOCH = 12;
  private static final int EVERY_UPDATES = 25;
  private static final int EPOCHS = 100;

  /** Those that a client can get over. */
  private static final List<StoreFault> PASSING =
      List.of(
          StoreFault.SLOW,
          StoreFault.FAILS_500,
          StoreFault.BUSY_503,
          StoreFault.CUT_REQUEST,
          StoreFault.LOST_ANSWER,
          StoreFault.CUT_ANSWER);

  @TempDir static Path temp;
  private static S3Server server;

  private FaultyNetwork network;
  private String name;

  @BeforeAll
  static void startS3() throws Exception {
    server = S3Server.start(temp);
    Path conf = Path.of(System.getProperty("cairn.root"), "conf");
    server.store("in/digits.csv", conf.resolve("data/digits.csv"));
    server.store("in/digits-mlp.json", conf.resolve("models/digits-mlp.json"));
  }

  @AfterAll
  static void stopS3() {
    if (server != null) {
      server.close();
    }
  }

  @BeforeEach
  void open(TestInfo test) throws IOException {
    network = FaultyNetwork.to(server);
    name = test.getTestMethod().orElseThrow().getName();
  }

  @AfterEach
  void close() throws IOException {
    network.close();
  }

  @Test
  @Tag("soak")
  void killedExecutorAndDriverAndAnExpiredKeyLeaveTheModelOfAnUndisturbedRun() throws Exception {
    int epochs = EPOCHS;
    try (DriverProcess first = train(epochs)) {
      awaitCheckpoint(first, 50);
      first.killExecutor(new Random(1));
      first.awaitAttempt(run(), 2);
      awaitCheckpoint(first, 200);
      List<ProcessHandle> executors = first.executors();
      first.signal("KILL");
      first.awaitGone(executors);
    }
    try (DriverProcess second = train(epochs)) {
      awaitCheckpoint(second, 400);
      network.plan(request -> StoreFault.EXPIRED_400);
      assertThat(second.exitCode()).as(second.output()).isEqualTo(75);
      assertThat(second.output().lines())
          .as("what it says of the key")
          .filteredOn(line -> line.startsWith("access is refused"))
          .singleElement()
          .asString()
          .contains("s3a://runs/" + name, "Renew the credential; the same command goes on");
    }
    try (DriverProcess stillExpired = train(epochs)) {
      assertThat(stillExpired.exitCode()).as(stillExpired.output()).isEqualTo(2);
      assertThat(stillExpired.output())
          .contains("output = s3a://runs/" + name + ": access is refused");
    }
    network.plan(request -> StoreFault.NONE);
    try (DriverProcess last = train(epochs)) {
      assertThat(last.exitCode()).as(last.output()).isZero();
    }
    requireSameAsUndisturbed(epochs);
    assertThat(new FinishedRun(run()).attempts()).hasSizeBetween(4, 5);
    try (DriverProcess again = train(epochs)) {
      assertThat(again.exitCode()).isZero();
      assertThat(again.output()).contains("is finished: nothing to do");
    }
  }

  @Test
  @Tag("soak")
  void ofTwoSubmitsWhoseClaimsMeetOneTrainsAndTheOtherEnds() throws Exception {
    int epochs = EPOCHS;
    AtomicInteger claims = new AtomicInteger();
    Map<String, Integer> seen = new ConcurrentHashMap<>();
    // Nobody's claim is stored before both are under way: both have looked by then.
    network.plan(
        request -> {
          if (request.stores("/claims/attempt-0001")) {
            seen.computeIfAbsent(request.target(), target -> claims.incrementAndGet());
            Awaitility.await().atMost(LIMIT).until(() -> claims.get() >= 2);
          }
          return StoreFault.NONE;
        });
    try (DriverProcess one = train(epochs);
        DriverProcess other = train(epochs)) {
      List<Integer> codes = new ArrayList<>(List.of(one.exitCode(), other.exitCode()));
      DriverProcess loser = codes.get(0) == 0 ? other : one;
      assertThat(codes).as(one.output() + other.output()).containsExactlyInAnyOrder(0, 2);
      assertThat(loser.output())
          .contains("this submit ends, another one has the run: attempt 1 must stop")
          .contains("at the same moment, attempt 1, claimed by");
    }
    requireSameAsUndisturbed(epochs);
    assertThat(new FinishedRun(run()).attempts()).hasSize(1);
  }

  @Test
  @Tag("soak")
  void aBadNetworkAndKillsLeaveTheModelOfAnUndisturbedRun() throws Exception {
    disturb(3, 1, EPOCHS, 40);
  }

  @Test
  @Tag("soak")
  void thirtyKillsAndTwoHundredFaultsLeaveTheModelOfAnUndisturbedRun() throws Exception {
    disturb(5, 5, 620, 200);
  }

  /**
   * @param executors killed in each submit
   * @param drivers killed, each at the end of a submit
   * @param epochs enough for all of them
   * @param faults at least so many requests go wrong
   */
  private void disturb(int executors, int drivers, int epochs, long faults) throws Exception {
    Random random = new Random(30);
    network.plan(
        request -> {
          synchronized (random) {
            return random.nextInt(14) == 0
                ? PASSING.get(random.nextInt(PASSING.size()))
                : StoreFault.NONE;
          }
        });
    long reached = 0;
    for (int submit = 0; submit < drivers; submit++) {
      try (DriverProcess driver = train(epochs)) {
        for (int kill = 0; kill < executors; kill++) {
          reached = awaitCheckpoint(driver, reached + EVERY_UPDATES);
          driver.killExecutor(random);
        }
        reached = awaitCheckpoint(driver, reached + EVERY_UPDATES);
        List<ProcessHandle> left = driver.executors();
        driver.signal("KILL");
        driver.awaitGone(left);
      }
    }
    try (DriverProcess last = train(epochs)) {
      assertThat(last.exitCode()).as(last.output()).isZero();
    }
    requireSameAsUndisturbed(epochs);
    Map<StoreFault, Long> done = network.done();
    System.out.println(
        "%d attempts of %d kills; requests: %s"
            .formatted(new FinishedRun(run()).attempts().size(), drivers * (executors + 1), done));
    assertThat(done.keySet()).containsAll(PASSING);
    assertThat(PASSING.stream().mapToLong(done::get).sum()).isGreaterThanOrEqualTo(faults);
  }

  /** Made once for all tests. */
  private static FinishedRun undisturbed(int epochs) throws Exception {
    Path undisturbed = temp.resolve("undisturbed-" + epochs);
    if (!Files.exists(undisturbed)) {
      List<String> command = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
      command.addAll(model("conf/models/digits-mlp.json"));
      Collections.addAll(command, "--set", "output=" + undisturbed);
      Collections.addAll(command, "--set", "train.epochs=" + epochs);
      try (DriverProcess driver = DriverProcess.embedded(temp, command.toArray(String[]::new))) {
        assertThat(driver.exitCode()).as(driver.output()).isZero();
      }
    }
    return new FinishedRun(undisturbed);
  }

  /** A file in place of the model that the settings describe. */
  private static List<String> model(String file) {
    List<String> settings = new ArrayList<>();
    for (String one : List.of("model.source=" + file, "model.layers=null", "model.defaults=null")) {
      Collections.addAll(settings, "--set", one);
    }
    return settings;
  }

  private void requireSameAsUndisturbed(int epochs) throws Exception {
    FinishedRun disturbed = new FinishedRun(run());
    disturbed.requireUpdates((long) epochs * UPDATES_PER_EPOCH);
    disturbed.requireSameAs(undisturbed(epochs));
    try (Stream<Path> left = Files.walk(run())) {
      assertThat(left.filter(Files::isRegularFile).map(run()::relativize).map(Path::toString))
          .as("what is left over")
          .noneMatch(file -> file.startsWith("metrics/") || file.contains("aside"));
    }
  }

  /** The run's output, as the server keeps it. */
  private Path run() {
    return server.file(name);
  }

  private long awaitCheckpoint(DriverProcess driver, long update) throws IOException {
    driver.await(() -> newestCheckpoint() >= update, "a checkpoint of update " + update);
    return newestCheckpoint();
  }

  private long newestCheckpoint() throws IOException {
    try (Stream<Path> all = Files.list(run().resolve("checkpoints"))) {
      return all.filter(one -> Files.exists(one.resolve("manifest.json")))
          .map(one -> one.getFileName().toString())
          .filter(one -> one.startsWith("update-"))
          .mapToLong(one -> Long.parseLong(one.substring("update-".length())))
          .max()
          .orElse(0);
    } catch (NoSuchFileException notYet) {
      return 0;
    }
  }

  private DriverProcess train(int epochs) throws IOException {
    List<String> submit = new ArrayList<>();
    try (Stream<Path> jars = Files.list(Path.of(System.getProperty("cairn.s3a.jars")))) {
      submit.addAll(List.of("--jars", jars.map(Path::toString).collect(Collectors.joining(","))));
    }
    network
        .hadoop()
        .forEach(
            (key, value) -> submit.addAll(List.of("--conf", "spark.hadoop." + key + "=" + value)));
    List<String> command = new ArrayList<>(List.of("train", "conf/quickstart.conf"));
    String bucket = "s3a://" + S3Server.BUCKET;
    Collections.addAll(command, "--set", "data.train.path=" + bucket + "/in/digits.csv");
    command.addAll(model(bucket + "/in/digits-mlp.json"));
    Collections.addAll(command, "--set", "output=" + bucket + "/" + name);
    Collections.addAll(command, "--set", "train.epochs=" + epochs);
    Collections.addAll(command, "--set", "checkpoint.every-updates=" + EVERY_UPDATES);
    Collections.addAll(command, "--set", "recovery.max-failures-without-progress=9");
    return DriverProcess.submitted(temp, MASTER, List.of(), submit, command.toArray(String[]::new));
  }
}
