/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rooms import downwards only, siblings not at all, and each library stays in the rooms that may
 * know it.
 *
 * <p>The picture is in {@code docs/design.md}. A room that does not exist yet passes.
 */
class RoomsTest {

  private static final String ROOT = "io.cairn";

  /** The rooms, from the lowest floor up; those on one floor do not know each other. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("mapping", "json"),
          List.of("settings"),
          List.of("plan"),
          List.of("data", "replica", "collective", "checkpoint", "telemetry", "control"),
          List.of("worker", "scoring", "report"),
          List.of("ui"),
          List.of("launch"),
          List.of("api"),
          List.of("cli", "ml"));

  /** Rooms that know less than their floor would allow. */
  private static final Map<String, List<String>> KNOWS_ONLY =
      Map.of("collective", List.of("mapping"));

  /**
   * The floors of the collective room, each with those that it may import. Each may import the
   * room's own package, whose classes import none of them.
   */
  private static final Map<String, List<String>> COLLECTIVE_FLOORS =
      Map.of(
          "schedules", List.of(),
          "rounding", List.of(),
          "messages", List.of("schedules"),
          "failures", List.of("messages"),
          "group", List.of("schedules", "rounding", "messages", "failures"),
          "link", List.of(),
          "link.tls", List.of("link"),
          "link.memory", List.of("link"),
          "link.membership", List.of("schedules", "group", "link", "link.tls", "link.memory"));

  /** The one class that knows how certificates are encoded. */
  private static final String CERTIFICATE_MAKER =
      ".*\\.collective\\.link\\.tls\\.EphemeralIdentity";

  /** The one class that knows how Netty makes TLS engines. */
  private static final String ENGINE_MAKER = ".*\\.collective\\.link\\.tls\\.BoringTls(\\$.*)?";

  private static JavaClasses production;

  @BeforeAll
  static void readClasses() {
    production =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);
  }

  static Stream<String> rooms() {
    return FLOORS.stream().flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void roomImportsOnlyTheFloorsBelow(String room) {
    String[] forbidden =
        rooms()
            .filter(other -> !other.equals(room) && !below(room).contains(other))
            .map(RoomsTest::packages)
            .toArray(String[]::new);
    holds(
        noClasses()
            .that()
            .resideInAPackage(packages(room))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(forbidden));
  }

  static Stream<String> collectiveFloors() {
    return COLLECTIVE_FLOORS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("collectiveFloors")
  void floorOfTheCollectiveImportsOnlyTheFloorsBelow(String floor) {
    String[] forbidden =
        collectiveFloors()
            .filter(other -> !other.equals(floor) && !COLLECTIVE_FLOORS.get(floor).contains(other))
            .map(other -> ROOT + ".collective." + other)
            .toArray(String[]::new);
    holds(
        noClasses()
            .that()
            .resideInAPackage(ROOT + ".collective." + floor)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(forbidden));
  }

  @Test
  void wordsOfTheCollectiveImportNoneOfItsFloors() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(ROOT + ".collective")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ROOT + ".collective.*.."));
    holds(
        classes()
            .that()
            .resideInAPackage(packages("collective"))
            .should()
            .resideInAnyPackage(
                Stream.concat(
                        Stream.of(ROOT + ".collective"),
                        collectiveFloors().map(floor -> ROOT + ".collective." + floor))
                    .toArray(String[]::new)));
  }

  @Test
  void everyClassHasARoom() {
    holds(
        classes()
            .should()
            .resideInAnyPackage(rooms().map(RoomsTest::packages).toArray(String[]::new)));
  }

  @Test
  void planAndCollectiveNeedTheJdkOnlyExceptToMakeCertificatesAndEngines() {
    for (String room : List.of("plan", "collective")) {
      String[] known =
          Stream.concat(
                  Stream.of(packages(room), "java..", "javax.."),
                  below(room).stream().map(RoomsTest::packages))
              .toArray(String[]::new);
      holds(
          classes()
              .that()
              .resideInAPackage(packages(room))
              .and()
              .haveNameNotMatching(CERTIFICATE_MAKER)
              .and()
              .haveNameNotMatching(ENGINE_MAKER)
              .should()
              .onlyDependOnClassesThat(
                  resideInAnyPackage(known)
                      .or(DescribedPredicate.describe("primitives", RoomsTest::isPrimitive))));
    }
  }

  @Test
  void bouncyCastleOnlyMakesCertificates() {
    holds(
        noClasses()
            .that()
            .haveNameNotMatching(CERTIFICATE_MAKER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bouncycastle.."));
  }

  @Test
  void nettyOnlyMakesTlsEngines() {
    holds(
        noClasses()
            .that()
            .haveNameNotMatching(ENGINE_MAKER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty.."));
  }

  @Test
  void algorithmsOfTheCollectiveDoNotKnowTheNetwork() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(packages("collective"))
            .and()
            .resideOutsideOfPackage(packages("collective.link"))
            .should()
            .dependOnClassesThat(
                resideInAnyPackage("java.nio.channels..", "javax.net..").or(networking())));
  }

  @Test
  void onlyTheLinkOpensConnections() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(packages("collective.link"))
            .should()
            .dependOnClassesThat(
                resideInAPackage("javax.net..")
                    .or(nameMatching("java\\.net\\.(Server|Datagram|Multicast)?Socket"))
                    .or(
                        nameMatching(
                            "java\\.nio\\.channels\\.(.*Socket.*|Selector|SelectionKey)"))));
  }

  @Test
  void onlyTrackersSpeakHttpAndTheyKnowNoSpark() {
    String trackers = packages("telemetry.tracking");
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(trackers)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.net.http.."));
    holds(
        noClasses()
            .that()
            .resideInAPackage(trackers)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache..", "scala.."));
  }

  @Test
  void onlyTheReplicaKnowsDeeplearning4j() {
    onlyRoomsMayUse(List.of("replica", "api"), "org.deeplearning4j..", "org.bytedeco..");
  }

  @Test
  void onlyTheReplicaAndTheMakersOfItsInputKnowArrays() {
    onlyRoomsMayUse(List.of("replica", "api", "data", "worker", "scoring"), "org.nd4j..");
    // What these hand from data to replica is a data set; they do not look inside.
    holds(
        noClasses()
            .that()
            .resideInAnyPackage(packages("worker"), packages("scoring"))
            .should()
            .dependOnClassesThat(
                resideInAPackage("org.nd4j..")
                    .and(DescribedPredicate.not(resideInAPackage("org.nd4j.linalg.dataset..")))));
  }

  @Test
  void sparkStaysOutOfTheRoomsThatComputeAndKeep() {
    onlyRoomsMayUse(
        List.of(
            "cli",
            "ml",
            "api",
            "launch",
            "ui",
            "telemetry",
            "control",
            "worker",
            "scoring",
            "data"),
        "org.apache.spark..",
        "scala..");
  }

  @Test
  void theWorkerMeetsSparkInTheRendezvousOnly() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(packages("worker"))
            .and()
            .haveNameNotMatching(".*Rendezvous.*")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.spark..", "scala.."));
  }

  @Test
  void dataMeetsSparkInTheSourceAndItsSerializerOnly() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(packages("data"))
            .and()
            .resideOutsideOfPackage(packages("data.source"))
            .and()
            .haveNameNotMatching(".*KryoRegistrator")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.spark..", "scala.."));
  }

  @Test
  void hadoopStaysWithThoseWhoReadAndKeepFiles() {
    onlyRoomsMayUse(
        List.of("cli", "ml", "api", "launch", "checkpoint", "data", "worker"),
        "org.apache.hadoop..");
    // Which hooks run first when a process is told to end is Hadoop's to say.
    holds(
        noClasses()
            .that()
            .resideInAPackage(packages("worker"))
            .should()
            .dependOnClassesThat(
                resideInAPackage("org.apache.hadoop..")
                    .and(
                        DescribedPredicate.not(
                            nameMatching("org\\.apache\\.hadoop\\.util\\.ShutdownHookManager")))));
  }

  @Test
  void settingsLibraryStaysInSettings() {
    onlyRoomsMayUse(List.of("settings"), "com.typesafe.config..");
  }

  @Test
  void commandLineLibrariesStayInTheCommands() {
    onlyRoomsMayUse(List.of("cli"), "picocli..", "me.tongfei..", "org.jline..");
  }

  private static void onlyRoomsMayUse(List<String> rooms, String... libraries) {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackages(rooms.stream().map(RoomsTest::packages).toArray(String[]::new))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(libraries));
  }

  private static void holds(ArchRule rule) {
    rule.allowEmptyShould(true).check(production);
  }

  private static String packages(String room) {
    return ROOT + "." + room + "..";
  }

  private static List<String> below(String room) {
    return KNOWS_ONLY.getOrDefault(
        room,
        FLOORS.stream().takeWhile(floor -> !floor.contains(room)).flatMap(List::stream).toList());
  }

  /** Names and addresses are values; what opens a connection or looks up a name is the network. */
  private static DescribedPredicate<JavaClass> networking() {
    return resideInAPackage("java.net..")
        .and(DescribedPredicate.not(nameMatching("java\\.net\\.(InetSocketAddress|SocketAddress)")))
        .forSubtype();
  }

  private static boolean isPrimitive(JavaClass type) {
    return type.getBaseComponentType().isPrimitive();
  }
}
