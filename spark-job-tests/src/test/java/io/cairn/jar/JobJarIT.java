/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.jar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The job's jar holds what a Spark distribution lacks, for one platform, and nothing else. */
@Tag("spark")
class JobJarIT {

  private static final Path JAR = Path.of(System.getProperty("cairn.jar"));
  private static final Path SPARK_JARS =
      Path.of(System.getProperty("cairn.spark.home")).resolve("jars");
  private static final Pattern NATIVE =
      Pattern.compile(".*\\.(so|dll|dylib|jnilib|a|lib)(\\.[0-9]+)*");
  private static final Pattern ONE_PLATFORM =
      Pattern.compile(".*/([Ll]inux[-/]x86[-_]64[-a-z0-9]*)/[^/]+");

  /** Netty puts the platform into the file's name. */
  private static final String TLS_LIBRARY =
      "META-INF/native/libio_cairn_shaded_netty_tcnative_linux_x86_64.so";

  private static final long LARGEST_BYTES = 160L << 20;

  private static JarFile jar;

  @BeforeAll
  static void openJar() throws IOException {
    jar = new JarFile(JAR.toFile());
  }

  @AfterAll
  static void closeJar() throws IOException {
    jar.close();
  }

  @Test
  void nothingOfSparkScalaOrHadoopIsPacked() {
    assertThat(names())
        .noneMatch(
            name ->
                name.startsWith("org/apache/spark/")
                    || name.startsWith("scala/")
                    || name.startsWith("org/apache/hadoop/")
                    || name.startsWith("com/esotericsoftware/"));
  }

  @Test
  void noClassIsPackedThatTheSparkDistributionHas() throws IOException {
    Set<String> theirs = new HashSet<>();
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(SPARK_JARS, "*.jar")) {
      for (Path path : jars) {
        try (JarFile theirJar = new JarFile(path.toFile())) {
          theirJar.stream().map(ZipEntry::getName).forEach(theirs::add);
        }
      }
    }
    assertThat(theirs).as("entries of %s", SPARK_JARS).contains("org/apache/spark/SparkConf.class");

    assertThat(names())
        .filteredOn(name -> name.endsWith(".class"))
        .filteredOn(theirs::contains)
        .isEmpty();
  }

  @Test
  void nothingIsPackedThatIsNotUsed() {
    assertThat(names())
        .noneMatch(
            name ->
                name.matches(
                    "(org/bytedeco/|.*/lib(jni)?)(opencv|ffmpeg|tesseract|leptonica|javacv)\\b.*"));
  }

  @Test
  void nativeLibrariesAreOfOnePlatformAndOneNd4jBinary() {
    List<String> natives = names().stream().filter(name -> NATIVE.matcher(name).matches()).toList();

    assertThat(natives)
        .contains(TLS_LIBRARY)
        .allMatch(name -> ONE_PLATFORM.matcher(name).matches() || name.equals(TLS_LIBRARY));
    assertThat(natives)
        .filteredOn(name -> name.endsWith("/libnd4jcpu.so"))
        .containsExactly(
            "org/nd4j/linalg/cpu/nativecpu/bindings/"
                + System.getProperty("cairn.nd4j.classifier")
                + "/libnd4jcpu.so");
  }

  @Test
  void whatIsPackedOfBouncyCastleIsRelocatedAndMakesCertificates() throws Exception {
    assertThat(names()).noneMatch(name -> name.contains("org/bouncycastle/"));
    try (URLClassLoader jarOnly =
        new URLClassLoader(new URL[] {JAR.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      Class<?> protection = jarOnly.loadClass("io.cairn.collective.link.membership.Protection");
      Class<?> endpoint = jarOnly.loadClass("io.cairn.collective.link.membership.RingEndpoint");
      Object tls = protection.getField("TLS").get(null);
      try (AutoCloseable bound =
          (AutoCloseable)
              endpoint
                  .getMethod("bind", InetAddress.class, protection)
                  .invoke(null, InetAddress.getLoopbackAddress(), tls)) {
        Object member = endpoint.getMethod("member", int.class).invoke(bound, 0);
        assertThat(member.toString()).contains("certificate=Optional[Fingerprint[sha256=");
      }
    }
  }

  @Test
  void whatIsPackedOfNettyIsRelocatedAndFindsItsLibrary() throws Exception {
    assertThat(names()).noneMatch(name -> name.startsWith("io/netty/"));
    try (URLClassLoader jarOnly =
        new URLClassLoader(new URL[] {JAR.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      Method best =
          jarOnly.loadClass("io.cairn.collective.link.tls.TlsLibrary").getDeclaredMethod("best");
      best.setAccessible(true);
      assertThat(best.invoke(null)).hasToString("BORINGSSL");
    }
  }

  @Test
  void signaturesAndModuleDescriptorsAreDropped() {
    assertThat(names())
        .noneMatch(name -> name.matches("META-INF/[^/]+\\.(SF|DSA|RSA)"))
        .noneMatch(name -> name.endsWith("module-info.class"));
  }

  @Test
  void licenceAndNoticesTravelWithTheJar() throws IOException {
    assertThat(text("META-INF/LICENSE")).contains("Apache License", "Version 2.0, January 2004");
    assertThat(text("META-INF/NOTICE")).contains("Cairn", "OpenBLAS", "jHDF", "BoringSSL");
    assertThat(text("META-INF/licenses/OpenBLAS-LAPACK.txt")).contains("The OpenBLAS Project");
  }

  @Test
  void servicesOfAllPartsAreMerged() throws IOException {
    assertThat(text("META-INF/services/org.nd4j.linalg.factory.Nd4jBackend"))
        .contains("org.nd4j.linalg.cpu.nativecpu.CpuBackend");
  }

  @Test
  void manifestNamesTheCommandLine() throws IOException {
    assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
        .isEqualTo("io.cairn.cli.Cairn");
  }

  @Test
  void sizeStaysWithinWhatTheReadmeSays() throws IOException {
    assumeThat(names())
        .as("built without -Pcuda and -Pmkl")
        .noneMatch(name -> name.matches("org/(nd4j/linalg/jcublas|bytedeco/mkl)/.*"));

    assertThat(Files.size(JAR)).isBetween(50L << 20, LARGEST_BYTES);
  }

  private static List<String> names() {
    return jar.stream().filter(entry -> !entry.isDirectory()).map(ZipEntry::getName).toList();
  }

  private static String text(String entry) throws IOException {
    ZipEntry found = jar.getEntry(entry);
    assertThat(found).as(entry).isNotNull();
    try (InputStream in = jar.getInputStream(found)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
