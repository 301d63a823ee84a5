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
 * Carries live progress from rank 0 to the driver over Spark's own channel.
 *
 * <p>Spark makes one in the driver and one in each executor ({@code spark.plugins}) and hands them
 * to nobody, so the two ends are found through this class: an executor's by {@link #progress}, the
 * driver's by {@link #listen}. A process holds one Spark context, hence one of each.
 *
 * <p>Threading: Spark's threads and ours; both ends are atomic references. Progress is for people:
 * a line that cannot be sent or shown is dropped, with a note in the log.
 */
public final class CairnPlugin implements SparkPlugin {

  private static final Logger LOG = LoggerFactory.getLogger(CairnPlugin.class);
  private static final AtomicReference<PluginContext> EXECUTOR = new AtomicReference<>();
  private static final AtomicReference<MetricsSink> LISTENER = new AtomicReference<>();

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

  /**
   * On the driver: hands all progress to a sink until the result is closed.
   *
   * @param sink called on a thread of Spark's, one at a time; not closed
   */
  public static Listening listen(MetricsSink sink) {
    if (!LISTENER.compareAndSet(null, sink)) {
      throw new IllegalStateException("progress has a listener already");
    }
    return () -> LISTENER.compareAndSet(sink, null);
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
      MetricsSink sink = LISTENER.get();
      if (sink != null && message instanceof String line) {
        synchronized (this) {
          try {
            MetricsJson.read(line, sink);
          } catch (IOException | RuntimeException e) {
            LOG.warn("progress could not be shown: {}", e.toString());
          }
        }
      }
      return null;
    }
  }
}
