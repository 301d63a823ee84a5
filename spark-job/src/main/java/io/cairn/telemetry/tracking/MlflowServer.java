/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import com.fasterxml.jackson.databind.JsonNode;
import io.cairn.json.StrictJson;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Requests to an MLflow server, as {@code mlflow.org/docs/latest/rest-api.html} has them. It takes
 * credentials from where MLflow's own clients do: {@code MLFLOW_TRACKING_TOKEN}, or {@code
 * MLFLOW_TRACKING_USERNAME} and {@code MLFLOW_TRACKING_PASSWORD} of the environment.
 *
 * <p>Threading: one thread; an interrupt ends a request.
 *
 * <p>Failure: an {@link MlflowException} where the server answers with an error, an IOException
 * that names the server where it does not answer.
 */
final class MlflowServer {

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(20);

  /** An artifact on its way goes at least as fast. */
  private static final long BYTES_PER_SECOND = 1 << 20;

  private static final String API = "/api/2.0/mlflow/";
  private static final String ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/";
  private static final int MOST_MESSAGE = 300;

  private final URI uri;
  private final Optional<String> authorization;
  private final HttpClient http;

  /**
   * @param environment of this process
   */
  MlflowServer(URI uri, Map<String, String> environment) {
    this.uri = URI.create(uri.toString().replaceFirst("/+$", ""));
    this.authorization = authorization(environment);
    // MLflow's servers do not speak HTTP/2.
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
  }

  private static Optional<String> authorization(Map<String, String> environment) {
    String token = environment.getOrDefault("MLFLOW_TRACKING_TOKEN", "");
    String user = environment.getOrDefault("MLFLOW_TRACKING_USERNAME", "");
    String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    // In this order in MLflow's own clients, too.
    if (!user.isEmpty() && !password.isEmpty()) {
      byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      return Optional.of("Basic " + Base64.getEncoder().encodeToString(both));
    }
    return token.isEmpty() ? Optional.empty() : Optional.of("Bearer " + token);
  }

  URI uri() {
    return uri;
  }

  /** Asks for something. */
  JsonNode get(String method, Map<String, String> query) throws IOException {
    String parameters =
        query.entrySet().stream()
            .map(entry -> encoded(entry.getKey()) + "=" + encoded(entry.getValue()))
            .collect(Collectors.joining("&"));
    return answer(request(API + method + "?" + parameters, ANSWER).GET().build());
  }

  /** Sends something. */
  JsonNode post(String method, Record body) throws IOException {
    return answer(
        request(API + method, ANSWER)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(StrictJson.line(body)))
            .build());
  }

  /**
   * Stores a file of a run.
   *
   * @param path of the artifact, from the root of the server's store
   */
  void putArtifact(String path, RunFile file) throws IOException {
    BodyPublisher content =
        BodyPublishers.fromPublisher(
            BodyPublishers.ofInputStream(file.content()), Math.max(1, file.bytes()));
    Duration longest = ANSWER.plusSeconds(file.bytes() / BYTES_PER_SECOND);
    answer(
        request(ARTIFACTS + path, longest)
            .header("Content-Type", "application/octet-stream")
            .PUT(content)
            .build());
  }

  private HttpRequest.Builder request(String path, Duration longest) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri + path)).timeout(longest);
    authorization.ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  private JsonNode answer(HttpRequest request) throws IOException {
    HttpResponse<String> response;
    try {
      response = http.send(request, BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException ended = new InterruptedIOException(uri + " is not waited for");
      ended.initCause(e);
      throw ended;
    } catch (IOException e) {
      // Java's exception of a refused connection says nothing.
      String why = e instanceof ConnectException ? "no connection" : e.toString();
      throw new IOException("it does not answer: " + why, e);
    }
    if (response.statusCode() / 100 != 2) {
      throw refusal(response);
    }
    String body = response.body().isBlank() ? "{}" : response.body();
    try {
      return StrictJson.parseObject(body);
    } catch (IllegalArgumentException e) {
      throw new IOException("its answer is none of MLflow's: " + cut(body), e);
    }
  }

  private static MlflowException refusal(HttpResponse<String> response) {
    int status = response.statusCode();
    try {
      JsonNode error = StrictJson.parseObject(response.body());
      String code = error.path("error_code").asText("");
      String message = error.path("message").asText("");
      String what =
          Stream.of(String.valueOf(status), code, cut(message))
              .filter(part -> !part.isEmpty())
              .collect(Collectors.joining(", "));
      return new MlflowException(status, code, "it answers " + what);
    } catch (IllegalArgumentException noJson) {
      String hint =
          status == 401 || status == 403
              ? "; it takes what MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and"
                  + " MLFLOW_TRACKING_PASSWORD, say in the driver's environment"
              : ": " + cut(response.body());
      return new MlflowException(status, "", "it answers " + status + hint);
    }
  }

  private static String cut(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= MOST_MESSAGE ? line : line.substring(0, MOST_MESSAGE) + "...";
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
