/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import java.io.IOException;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import okhttp3.mockwebserver.Dispatcher;
import okhttp3.mockwebserver.MockResponse;
import okhttp3.mockwebserver.MockWebServer;
import okhttp3.mockwebserver.RecordedRequest;

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

  /** Held, since loggers are forgotten with their levels otherwise. */
  private static final Logger REQUEST_LOG = Logger.getLogger(MockWebServer.class.getName());

  private final Set<String> asked = new ConcurrentSkipListSet<>();
  private final KubernetesMockServer server;

  private ApiServer() {
    REQUEST_LOG.setLevel(Level.WARNING);
    Dispatcher kept = new KubernetesCrudDispatcher();
    Dispatcher remembering =
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) throws InterruptedException {
            if (!TESTS.equals(request.getHeader("User-Agent"))) {
              asked.add(inWordsOfARole(request));
            }
            return kept.dispatch(isApply(request) ? asCreation(request) : request);
          }
        };
    server =
        new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), remembering, false);
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
  public void close() throws IOException {
    server.shutdown();
  }

  /** See "Determine the request verb" in Kubernetes' page on authorization. */
  private static String inWordsOfARole(RecordedRequest request) {
    Matcher path = PATH.matcher(request.getPath());
    if (!path.matches()) {
      return request.getMethod().toLowerCase(Locale.ROOT) + " " + request.getPath();
    }
    boolean one = path.group(2) != null;
    String query = path.group(3) == null ? "" : path.group(3);
    String verb =
        switch (request.getMethod()) {
          case "GET" -> WATCH.matcher(query).find() ? "watch" : one ? "get" : "list";
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> one ? "delete" : "deletecollection";
          default -> request.getMethod();
        };
    return verb + " " + path.group(1);
  }

  private static boolean isApply(RecordedRequest request) {
    String type = request.getHeader("Content-Type");
    return request.getMethod().equals("PATCH") && type != null && type.contains("apply-patch");
  }

  /**
   * The library behind this server knows no server-side apply; of what is not there yet, it is a
   * creation.
   */
  private static RecordedRequest asCreation(RecordedRequest request) {
    String path = request.getPath().replaceFirst("\\?.*", "");
    return new RecordedRequest(
        "POST " + path.substring(0, path.lastIndexOf('/')) + " HTTP/1.1",
        request.getHeaders(),
        request.getChunkSizes(),
        request.getBodySize(),
        request.getBody(),
        request.getSequenceNumber(),
        new Socket());
  }
}
