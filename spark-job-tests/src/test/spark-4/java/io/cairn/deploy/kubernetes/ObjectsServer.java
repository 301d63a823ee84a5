/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.util.HashMap;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The mock server of the library by which Spark 4 asks Kubernetes, keeping the objects that it is
 * given; that of the other Spark, where the same classes have other names, is in {@code
 * src/test/spark-3}.
 *
 * <p>Threading: stateless; what is told of comes from the server's threads.
 */
final class ObjectsServer {

  /** Held, since loggers are forgotten with their levels otherwise. */
  private static final Logger REQUEST_LOG = Logger.getLogger(MockWebServer.class.getName());

  private ObjectsServer() {}

  /**
   * Not started yet; who asks for it shuts it down.
   *
   * @param listener is told of each request before it is answered
   */
  static KubernetesMockServer tellingOf(Consumer<ApiServer.Request> listener) {
    REQUEST_LOG.setLevel(Level.WARNING);
    Dispatcher kept = new KubernetesCrudDispatcher();
    Dispatcher telling =
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            listener.accept(
                new ApiServer.Request(
                    request.getMethod(), request.getPath(), request.getHeader("User-Agent")));
            return kept.dispatch(isApply(request) ? asCreation(request) : request);
          }
        };
    return new KubernetesMockServer(
        new Context(), new MockWebServer(), new HashMap<>(), telling, false);
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
    String collection = path.substring(0, path.lastIndexOf('/'));
    return new RecordedRequest(
        request.getHttpVersion(),
        HttpMethod.POST,
        collection,
        request.getHeaders(),
        request.getBody());
  }
}
