/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.spark.internal.config.ConfigEntry;
import org.apache.spark.internal.config.ConfigReader;
import org.apache.spark.launcher.SparkLauncher;
import org.apache.spark.network.util.ConfigProvider;
import org.apache.spark.network.util.TransportConf;
import org.apache.spark.resource.ResourceID;

/**
 * The settings that Spark itself knows: asked of its registry, of its network library and of its
 * resources, rather than written down a second time.
 *
 * <p>Threading: stateless after loading.
 */
final class SparkKeys {

  /** An entry registers itself when the object that holds it is loaded. */
  private static final List<String> REGISTERED_BY =
      List.of(
          "org.apache.spark.internal.config.package$",
          "org.apache.spark.internal.config.Kryo$",
          "org.apache.spark.internal.config.Network$",
          "org.apache.spark.internal.config.UI$",
          "org.apache.spark.internal.config.Worker$",
          "org.apache.spark.internal.config.History$",
          "org.apache.spark.deploy.yarn.config.package$",
          "org.apache.spark.deploy.k8s.Config$");

  /** Names that users choose stand at the end, or in the middle. */
  private static final Pattern OPEN =
      Pattern.compile(
          "spark\\.hadoop\\..+"
              + "|spark\\.(executorEnv|yarn\\.appMasterEnv|kubernetes\\.driverEnv)\\.[A-Z_]+"
              + "|spark\\.kubernetes\\.(driver|executor)\\.(label|annotation|node\\.selector)\\..+"
              + "|spark\\.kubernetes\\.(driver|executor)\\.volumes\\."
              + "(emptyDir|hostPath|nfs|persistentVolumeClaim)\\.[a-z0-9-]+"
              + "\\.(mount\\.(path|subPath|readOnly)|options\\.[A-Za-z]+)");

  /** Spark 4.1 and newer read it; what it says to them needs no saying to older ones. */
  private static final Set<String> OF_NEWER_RELEASES =
      Set.of(
          "spark.kubernetes.driver.pod.excludedFeatureSteps",
          "spark.kubernetes.executor.terminationGracePeriodSeconds");

  private static final Set<String> OF_NETWORK = new TreeSet<>();

  static {
    for (String name : REGISTERED_BY) {
      try {
        Class.forName(name);
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(name, e);
      }
    }
    TransportConf conf = new TransportConf("rpc", new Recording(OF_NETWORK));
    for (Method method : TransportConf.class.getMethods()) {
      if (method.getDeclaringClass() == TransportConf.class && method.getParameterCount() == 0) {
        try {
          method.invoke(conf);
        } catch (IllegalAccessException | InvocationTargetException e) {
          throw new IllegalStateException(method.toString(), e);
        }
      }
    }
  }

  private SparkKeys() {}

  /** Whether anything in Spark reads this key. */
  static boolean knows(String key) {
    return key.equals(SparkLauncher.SPARK_MASTER)
        || key.equals("spark.authenticate.secret")
        || OF_NEWER_RELEASES.contains(key)
        || ConfigEntry.findEntry(key) != null
        || OF_NETWORK.contains(key)
        || isOfResource("spark.executor", key)
        || isOfResource("spark.task", key)
        || OPEN.matcher(key).matches();
  }

  /** What Spark says of a value that it would not take. */
  static Optional<String> complaint(String key, Map<String, String> settings) {
    ConfigEntry<?> entry = ConfigEntry.findEntry(key);
    if (entry == null) {
      return Optional.empty();
    }
    try {
      entry.readFrom(new ConfigReader(new HashMap<>(settings)));
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Whether a class of the class path holds this text, as it does the name of what it reads. */
  static boolean namedIn(Class<?> reader, String text) {
    String resource = "/" + reader.getName().replace('.', '/') + ".class";
    try (var in = reader.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.ISO_8859_1)
          .contains(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isOfResource(String component, String key) {
    ResourceID gpu = new ResourceID(component, "gpu");
    return Set.of(gpu.amountConf(), gpu.discoveryScriptConf(), gpu.vendorConf()).contains(key);
  }

  /** Has nothing, and remembers what it was asked for. */
  private static final class Recording extends ConfigProvider {
    private final Set<String> asked;

    Recording(Set<String> asked) {
      this.asked = asked;
    }

    @Override
    public String get(String name) {
      asked.add(name);
      throw new NoSuchElementException(name);
    }

    @Override
    public Iterable<Map.Entry<String, String>> getAll() {
      return List.of();
    }
  }
}
