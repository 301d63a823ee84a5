/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API server that keeps what it is given, starts nothing, and remembers what was asked of it in
 * the words of a Role: "create pods".
 *
 * <p>Who starts it closes it. Threading: safe everywhere.
 */
final class ApiServer implements AutoCloseable {

  private static final String TESTS = "cairn-tests";
  private static final Pattern PATH =
      Pattern.compile("/apis?/(?:[^/]+/)?v1/namespaces/[^/]+/([a-z]+)(?:/([^/?]+))?(?:\\?(.*))?");
  private static final Pattern WATCH = Pattern.compile("(^|&)watch=true(&|$)");

  private final Set<String> asked = new ConcurrentSkipListSet<>();
  private final KubernetesMockServer server;

  private ApiServer() {
    server = ObjectsServer.tellingOf(this::remember);
  }

  static ApiServer start() {
    ApiServer api = new ApiServer();
    api.server.init();
    return api;
  }

  /** As spark.master takes it. */
  String master() {
    return "k8s://http://" + server.getHostName() + ":" + server.getPort();
  }

  /** A client for the tests: what it asks is not remembered. The caller closes it. */
  KubernetesClient client() {
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(server.url("/"))
            .withUserAgent(TESTS)
            .build();
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  /** All that was asked since the last time this was called. */
  Set<String> asked() {
    Set<String> all = new TreeSet<>(asked);
    asked.clear();
    return all;
  }

  @Override
  public void close() {
    server.shutdown();
  }

  private void remember(Request request) {
    if (!TESTS.equals(request.userAgent())) {
      asked.add(request.inWordsOfARole());
    }
  }

  /**
   * What is asked of the server.
   *
   * @param path with its query
   * @param userAgent null where the request has none
   */
  record Request(String method, String path, String userAgent) {

    /** See "Determine the request verb" in Kubernetes' page on authorization. */
    private String inWordsOfARole() {
      Matcher parts = PATH.matcher(path);
      if (!parts.matches()) {
        return method.toLowerCase(Locale.ROOT) + " " + path;
      }
      boolean one = parts.group(2) != null;
      String query = parts.group(3) == null ? "" : parts.group(3);
      String verb =
          switch (method) {
            case "GET" -> WATCH.matcher(query).find() ? "watch" : one ? "get" : "list";
            case "POST" -> "create";
            case "PUT" -> "update";
            case "PATCH" -> "patch";
            case "DELETE" -> one ? "delete" : "deletecollection";
            default -> method;
          };
      return verb + " " + parts.group(1);
    }
  }
}
