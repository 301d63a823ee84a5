/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.stores;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Stands between an S3 client and its server, and does to each request what a plan says. Every
 * request has a connection of its own.
 *
 * <p>Who opens it closes it. Threading: a plan is asked by as many threads as there are requests,
 * and may hold them.
 */
public final class FaultyNetwork implements AutoCloseable {

  private static final int SLOW_MS = 3_000;
  private static final int NO_BODY = 204;
  private static final int UNCHANGED = 304;

  /**
   * A request.
   *
   * @param number from 1, in the order in which they came
   * @param method such as PUT
   * @param target path and query
   * @param body what is stored, as far as it is text
   */
  public record Request(long number, String method, String target, String body) {

    /** Whether it stores an object whose name has this in it. */
    public boolean stores(String part) {
      return method.equals("PUT") && target.contains(part);
    }
  }

  /** Says what is done to a request. */
  @FunctionalInterface
  public interface Plan {
    /** Called before the server has the request; what it waits for, the request waits for. */
    StoreFault on(Request request) throws InterruptedException;
  }

  /** A request as it came. */
  private record Message(String method, String target, List<String> headers, byte[] body) {}

  private final ServerSocket listening;
  private final int serverPort;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicLong requests = new AtomicLong();
  private final Map<StoreFault, Long> done = new TreeMap<>();
  private volatile Plan plan = request -> StoreFault.NONE;

  private FaultyNetwork(ServerSocket listening, int serverPort) {
    this.listening = listening;
    this.serverPort = serverPort;
  }

  /** Opens a network to a server; at first it is a good one. */
  public static FaultyNetwork to(S3Server server) throws IOException {
    ServerSocket listening = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    FaultyNetwork network = new FaultyNetwork(listening, server.port());
    var unused = network.threads.submit(network::listen);
    return network;
  }

  /** From now on. */
  public void plan(Plan newPlan) {
    plan = newPlan;
  }

  /** What was done to how many requests. */
  public Map<StoreFault, Long> done() {
    synchronized (done) {
      return new TreeMap<>(done);
    }
  }

  /** Hadoop's settings for this way to the server, which give up soon and try often. */
  public Map<String, String> hadoop() {
    Map<String, String> settings = new TreeMap<>();
    settings.put("fs.s3a.endpoint", "http://127.0.0.1:" + listening.getLocalPort());
    settings.put("fs.s3a.endpoint.region", "us-east-1");
    settings.put("fs.s3a.path.style.access", "true");
    settings.put("fs.s3a.access.key", "somebody");
    settings.put("fs.s3a.secret.key", "secret");
    settings.put("fs.s3a.connection.timeout", Integer.toString(SLOW_MS / 2));
    settings.put("fs.s3a.retry.interval", "50ms");
    settings.put("fs.s3a.retry.throttle.interval", "50ms");
    return settings;
  }

  private void listen() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        var unused = threads.submit(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      Message message = read(in, client.getOutputStream());
      if (message != null) {
        StoreFault fault =
            plan.on(
                new Request(
                    requests.incrementAndGet(),
                    message.method(),
                    message.target(),
                    new String(message.body(), StandardCharsets.ISO_8859_1)));
        answer(client, message, fault);
        synchronized (done) {
          done.merge(fault, 1L, Long::sum);
        }
      }
    } catch (IOException clientIsGone) {
      // As clients of a bad network are.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(Socket client, Message message, StoreFault fault)
      throws IOException, InterruptedException {
    OutputStream out = client.getOutputStream();
    switch (fault) {
      case NONE -> out.write(forward(message));
      case SLOW -> {
        byte[] late = forward(message);
        var unused = closed.await(SLOW_MS, TimeUnit.MILLISECONDS);
        out.write(late);
      }
      case FAILS_500 -> out.write(error(message, "500 Internal Server Error", "InternalError"));
      case BUSY_503 -> out.write(error(message, "503 Slow Down", "SlowDown"));
      case REFUSED_403 -> out.write(error(message, "403 Forbidden", "InvalidAccessKeyId"));
      case EXPIRED_400 -> out.write(error(message, "400 Bad Request", "ExpiredToken"));
      case CUT_REQUEST -> client.setSoLinger(true, 0);
      case LOST_ANSWER -> {
        forward(message);
        client.setSoLinger(true, 0);
      }
      case CUT_ANSWER -> {
        byte[] whole = forward(message);
        out.write(whole, 0, whole.length - Math.max(1, (whole.length - headLength(whole)) / 2));
        out.flush();
      }
    }
    out.flush();
  }

  private static byte[] error(Message message, String status, String code) {
    String body =
        message.method().equals("HEAD")
            ? ""
            : "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>%s</Message></Error>"
                .formatted(code, code + " is what the test says");
    return ("HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n"
            + "Connection: close\r\n\r\n%s")
        .formatted(status, body.length(), body)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Null where the client has nothing to say. */
  private static Message read(InputStream in, OutputStream out) throws IOException {
    String head = head(in);
    if (head.isEmpty()) {
      return null;
    }
    List<String> lines = head.lines().filter(line -> !line.isEmpty()).toList();
    String[] words = lines.get(0).split(" ", -1);
    List<String> headers = lines.subList(1, lines.size());
    if (header(headers, "expect").equalsIgnoreCase("100-continue")) {
      out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    String length = header(headers, "content-length");
    byte[] body = in.readNBytes(length.isEmpty() ? 0 : Integer.parseInt(length));
    return new Message(words[0], words[1], headers, body);
  }

  private byte[] forward(Message message) throws IOException {
    try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
      String headers =
          message.headers().stream()
              .filter(line -> !line.toLowerCase(Locale.ROOT).matches("(expect|connection):.*"))
              .collect(Collectors.joining("\r\n"));
      OutputStream out = server.getOutputStream();
      out.write(
          "%s %s HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n"
              .formatted(message.method(), message.target(), headers)
              .getBytes(StandardCharsets.ISO_8859_1));
      out.write(message.body());
      out.flush();
      byte[] answer = server.getInputStream().readAllBytes();
      return withLength(message, answer);
    }
  }

  /** An answer without a body says so, or the client waits for one on a connection that ends. */
  private static byte[] withLength(Message message, byte[] answer) {
    String head = new String(answer, 0, headLength(answer), StandardCharsets.ISO_8859_1);
    List<String> headers = head.lines().filter(line -> !line.isEmpty()).toList();
    int status = Integer.parseInt(headers.get(0).split(" ", -1)[1]);
    boolean said =
        message.method().equals("HEAD")
            || status == NO_BODY
            || status == UNCHANGED
            || !header(headers, "content-length").isEmpty()
            || !header(headers, "transfer-encoding").isEmpty();
    if (said) {
      return answer;
    }
    byte[] body = Arrays.copyOfRange(answer, headLength(answer), answer.length);
    ByteArrayOutputStream longer = new ByteArrayOutputStream();
    longer.writeBytes(
        (head.strip() + "\r\nContent-Length: " + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    longer.writeBytes(body);
    return longer.toByteArray();
  }

  private static int headLength(byte[] answer) {
    for (int end = 4; end <= answer.length; end++) {
      if (answer[end - 1] == '\n' && answer[end - 2] == '\r' && answer[end - 3] == '\n') {
        return end;
      }
    }
    return answer.length;
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int last = 0;
    for (int next = in.read(); next >= 0; next = in.read()) {
      head.write(next);
      last = (last << 8) | next;
      if (last == 0x0D0A0D0A) {
        return head.toString(StandardCharsets.ISO_8859_1);
      }
    }
    return "";
  }

  private static String header(List<String> headers, String name) {
    return headers.stream()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    listening.close();
    threads.shutdownNow();
  }
}
