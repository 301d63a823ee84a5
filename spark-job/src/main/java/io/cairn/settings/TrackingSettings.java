/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.parsed;
import static io.cairn.settings.Kind.text;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a run's metrics go besides its own files. None of it changes what is learnt.
 *
 * @param tensorBoard whether event files are written
 * @param mlflow the MLflow server that hears of the run, if one does
 */
public record TrackingSettings(TensorBoard tensorBoard, Optional<Mlflow> mlflow) {

  static final Key<TensorBoard> TENSORBOARD =
      Key.of("tracking.tensorboard", choice(TensorBoard.class)).byDefault(TensorBoard.OFF);
  static final Key<URI> MLFLOW_URI =
      Key.of(
          "tracking.mlflow.uri",
          parsed(
              TrackingSettings::server,
              "must be the http or https address of an MLflow server, without user and password",
              "such as http://mlflow:5000; user and password, or a token, are taken from the"
                  + " environment: MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or"
                  + " MLFLOW_TRACKING_TOKEN"));
  static final Key<String> MLFLOW_EXPERIMENT = Key.of("tracking.mlflow.experiment", text());

  /** Nothing goes anywhere. */
  public static final TrackingSettings NONE =
      new TrackingSettings(TensorBoard.OFF, Optional.empty());

  /** Whether event files are written. */
  public enum TensorBoard {
    /** In the directory {@code tensorboard} of the output. */
    ON,
    /** None. */
    OFF
  }

  /**
   * An MLflow server.
   *
   * @param uri its address, http or https, without credentials
   * @param experiment the name of the experiment that the run belongs to; made where it is missing
   */
  public record Mlflow(URI uri, String experiment) {
    static final Block<Mlflow> BLOCK =
        Block.<Mlflow>named("tracking.mlflow", Resume.MAY_CHANGE)
            .with(MLFLOW_URI, Mlflow::uri)
            .with(MLFLOW_EXPERIMENT, Mlflow::experiment);

    public Mlflow {
      if (server(uri.toString()).isEmpty() || experiment.isBlank()) {
        throw new IllegalArgumentException(
            Secrets.shown(uri.toString()) + ", experiment \"" + experiment + "\"");
      }
    }
  }

  static final Block<TrackingSettings> BLOCK =
      Block.<TrackingSettings>named("tracking", Resume.MAY_CHANGE)
          .with(TENSORBOARD, TrackingSettings::tensorBoard)
          .maybe(Mlflow.BLOCK, TrackingSettings::mlflow);

  public TrackingSettings {
    Objects.requireNonNull(tensorBoard, "tensorBoard");
    Objects.requireNonNull(mlflow, "mlflow");
  }

  /** Reports what is wrong. */
  static void read(Values values) {
    values.read(BLOCK);
    if (values.isGiven(MLFLOW_URI) && !values.isGiven(MLFLOW_EXPERIMENT)) {
      values.missing(
          MLFLOW_EXPERIMENT, "is missing", "the name of the experiment that the run belongs to");
    } else if (values.isGiven(MLFLOW_EXPERIMENT) && !values.isGiven(MLFLOW_URI)) {
      values.missing(MLFLOW_URI, "is missing", "the server's address, such as http://mlflow:5000");
    }
  }

  /** The settings, once nothing is known to be wrong. */
  static TrackingSettings from(Values values) {
    return new TrackingSettings(
        values.of(TENSORBOARD),
        values.isGiven(MLFLOW_URI)
            ? Optional.of(new Mlflow(values.of(MLFLOW_URI), values.of(MLFLOW_EXPERIMENT)))
            : Optional.empty());
  }

  private static Optional<URI> server(String text) {
    try {
      URI uri = new URI(text.strip());
      boolean isServer =
          ("http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme()))
              && uri.getHost() != null
              && uri.getRawUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null;
      return isServer ? Optional.of(uri) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
