/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long a run trains at most, over all of its attempts ({@code train.max-time}), as far as a
 * display needs it; the ranks have a count of their own.
 *
 * @param most the limit
 * @param trained what earlier submits have trained of it
 */
public record TimeLimit(Duration most, Duration trained) {

  private static final Logger LOG = LoggerFactory.getLogger(TimeLimit.class);

  public TimeLimit {
    Objects.requireNonNull(most, "most");
    Objects.requireNonNull(trained, "trained");
  }

  /**
   * That of a run that goes on.
   *
   * @param metrics the lines that it has left; closed at the end
   */
  public static TimeLimit of(Duration most, InputStream metrics) throws IOException {
    Sum sum = new Sum();
    try {
      MetricsJson.readAll(metrics, line -> line.contains("\"computeMs\""), sum);
    } catch (IllegalArgumentException e) {
      // Of a run that was killed, the last line may be half written.
      LOG.info("the time trained is that up to a damaged line of metrics: {}", e.getMessage());
    }
    return new TimeLimit(most, Duration.ofNanos((long) (sum.milliseconds * 1e6)));
  }

  private static final class Sum implements MetricsSink {
    private double milliseconds;

    @Override
    public void step(UpdateMetrics step) {
      milliseconds += step.milliseconds();
    }

    @Override
    public void validation(ValidationMetrics validation) {}

    @Override
    public void close() {}
  }
}
