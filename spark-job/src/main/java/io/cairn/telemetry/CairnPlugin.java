/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries progress from rank 0 to the driver, and a request to stop from the driver to rank 0. It
 * uses Spark's own channel between executors and driver.
 *
 * <p>Spark creates one instance in the driver and one in each executor ({@code spark.plugins}), but
 * gives no access to them. So both are found through static methods: {@link #progress} on an
 * executor, {@link #listen} on the driver. This is unambiguous because a process has only one Spark
 * context.
 *
 * <p>Threading: called by Spark's threads and ours; both ends are atomic references. Failure:
 * progress is only for people, so a line that cannot be sent or shown is dropped with a note in the
 * log.
 */
public final class CairnPlugin implements SparkPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(CairnPlugin.class);
  private static final AtomicReference<PluginContext> EXECUTOR = new AtomicReference<>();
  private static final AtomicReference<RunListener> LISTENER = new AtomicReference<>();

  /** Asks the driver whether the run should stop. */
  private static final String IS_STOP_ASKED = "is a stop asked?";

  /** Begins the message that says why all ranks have stopped. */
  private static final String STOPPED = "stopped: ";

  /** Made by Spark. */
  public CairnPlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return new Driver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  /** On an executor: a sink that tells the driver; without the plugin, one that tells nobody. */
  public static MetricsSink progress() {
    PluginContext context = EXECUTOR.get();
    return new ProgressSender(
        line -> {
          try {
            if (context != null) {
              context.send(line);
            }
          } catch (IOException | RuntimeException e) {
            LOG.warn("progress could not be sent to the driver: {}", e.toString());
          }
        },
        System::nanoTime);
  }

  /** On an executor: whether the driver wants the run to stop. A driver that is gone does not. */
  public static boolean isStopAsked() {
    PluginContext context = EXECUTOR.get();
    try {
      return context != null && Boolean.TRUE.equals(context.ask(IS_STOP_ASKED));
    } catch (Exception e) {
      LOG.warn("the driver does not answer: {}", e.toString());
      return false;
    }
  }

  /**
   * On an executor: tells the driver that all ranks have stopped and the state is saved; a task's
   * own result may be lost with the process that was told to end.
   */
  public static void tellStopped(String reason) {
    PluginContext context = EXECUTOR.get();
    try {
      if (context != null) {
        // Waits for the answer, and so until the driver knows.
        context.ask(STOPPED + reason);
      }
    } catch (Exception e) {
      LOG.warn("the driver was not told of the stop: {}", e.toString());
    }
  }

  /**
   * On the driver: hears from rank 0 until the result is closed.
   *
   * @param listener called on a thread of Spark's, one at a time
   */
  public static Listening listen(RunListener listener) {
    if (!LISTENER.compareAndSet(null, listener)) {
      throw new IllegalStateException("progress has a listener already");
    }
    return () -> LISTENER.compareAndSet(listener, null);
  }

  /** What the driver has to do with rank 0. */
  public interface RunListener {

    /** Where progress goes; not closed. */
    MetricsSink progress();

    /** Whether the run should stop after the update under way. */
    boolean isStopAsked();

    /** All ranks have stopped after the same update, which is saved. */
    void stopped(String reason);
  }

  /** Ends a listener's subscription when it is closed. */
  public interface Listening extends AutoCloseable {
    @Override
    void close();
  }

  private static final class Executor implements ExecutorPlugin {
    @Override
    public void init(PluginContext context, Map<String, String> extraConf) {
      EXECUTOR.set(context);
    }

    @Override
    public void shutdown() {
      EXECUTOR.set(null);
    }
  }

  private static final class Driver implements DriverPlugin {
    @Override
    public Map<String, String> init(SparkContext spark, PluginContext context) {
      return Map.of();
    }

    @Override
    public Object receive(Object message) {
      RunListener listener = LISTENER.get();
      if (listener == null || !(message instanceof String line)) {
        return false;
      }
      if (line.equals(IS_STOP_ASKED)) {
        return listener.isStopAsked();
      }
      synchronized (this) {
        if (line.startsWith(STOPPED)) {
          listener.stopped(line.substring(STOPPED.length()));
        } else {
          show(line, listener.progress());
        }
      }
      return false;
    }

    private static void show(String line, MetricsSink sink) {
      try {
        MetricsJson.read(line, sink);
      } catch (IOException | RuntimeException e) {
        LOG.warn("progress could not be shown: {}", e.toString());
      }
    }
  }
}
