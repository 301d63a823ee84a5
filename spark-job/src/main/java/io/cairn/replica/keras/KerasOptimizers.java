/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Translates Keras's optimizers to ND4J's updaters where their formulas are the same. Others are
 * refused with the reason.
 *
 * <p>An optimizer that was saved before TensorFlow 2.11, or by {@code optimizers.legacy} since
 * then, has a {@code decay} and some formulas of its own.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} naming the optimizer, the argument and what
 * would be accepted.
 */
final class KerasOptimizers {

  private static final double KERAS_EPSILON = 1e-7;

  /** Some files name an optimizer in lower case, without arguments, to mean Keras's defaults. */
  private static final List<String> NAMES =
      List.of(
          "SGD",
          "Adam",
          "AdamW",
          "RMSprop",
          "Adagrad",
          "Adadelta",
          "Adamax",
          "Nadam",
          "Ftrl",
          "Lion");

  private KerasOptimizers() {}

  /** The optimizer that a file names. */
  static KerasOptimizer optimizer(KerasObject optimizer) {
    KerasConfig config = optimizer.config();
    String given = optimizer.className().replaceFirst("^Custom>", "");
    String name = NAMES.stream().filter(given::equalsIgnoreCase).findFirst().orElse(given);
    refuseWhatDiffers(config, name);
    KerasRate rate =
        optimizer.className().equals(name.toLowerCase(Locale.ROOT))
            ? new KerasRate(name.equals("SGD") ? 0.01 : 0.001, Optional.empty())
            : rate(config);
    Core core =
        switch (name) {
          case "SGD" -> sgd(config, rate);
          case "Adam" -> adam(config, rate);
          case "AdamW" -> adam(config, rate);
          case "RMSprop" -> rmsProp(config, rate);
          case "Adagrad" -> adaGrad(config, rate);
          case "Adadelta" -> adaDelta(config, rate);
          default -> throw refused(config, name, "it is not known");
        };
    return finish(name, config, core);
  }

  private static void refuseWhatDiffers(KerasConfig config, String name) {
    switch (name) {
      case "Adamax" ->
          throw refused(config, name, "ND4J's AdaMax leaves epsilon out of the denominator");
      case "Nadam" -> throw refused(config, name, "ND4J's Nadam has no schedule of the momentum");
      case "Ftrl", "Lion", "Adafactor", "Lamb", "Muon", "ScheduleFreeAdamW" ->
          throw refused(config, name, "ND4J has no such updater");
      case "LossScaleOptimizer" ->
          throw refused(config, name, "mixed precision is not trained exactly");
      default -> {
        if (!NAMES.contains(name)) {
          throw refused(config, name, "it is not known");
        }
      }
    }
  }

  private static RuntimeException refused(KerasConfig config, String name, String reason) {
    return config.refused(
        "the optimizer "
            + name
            + " is not supported ("
            + reason
            + "), only SGD, Adam, AdamW, Adagrad, and with conditions RMSprop and Adadelta");
  }

  /** An updater, and what its state starts from. */
  private record Core(IUpdater updater, List<Double> start, List<String> notes) {
    Core(IUpdater updater) {
      this(updater, List.of(), List.of());
    }
  }

  /** A learning rate: fixed, or with a schedule. */
  private record KerasRate(double first, Optional<ISchedule> schedule) {
    void setTo(IUpdater updater) {
      if (schedule.isPresent()) {
        updater.setLrAndSchedule(Double.NaN, schedule.get());
      } else {
        updater.setLrAndSchedule(first, null);
      }
    }
  }

  private static boolean isLegacy(KerasConfig config) {
    return config.has("decay");
  }

  private static KerasRate rate(KerasConfig config) {
    // Before TensorFlow 2.0 the rate was called lr.
    String key = config.has("learning_rate") ? "learning_rate" : "lr";
    double decay = config.number("decay", 0);
    JsonNode value = config.raw(key);
    if (value != null && value.isObject()) {
      if (decay != 0) {
        throw config.refused("decay", "0 beside a schedule");
      }
      ISchedule schedule = KerasSchedules.schedule(config.serialized(key));
      return new KerasRate(schedule.valueAt(0, 0), Optional.of(schedule));
    }
    double rate = config.number(key);
    return new KerasRate(
        rate, decay == 0 ? Optional.empty() : Optional.of(KerasSchedules.timeDecay(rate, decay)));
  }

  private static Core sgd(KerasConfig config, KerasRate rate) {
    double momentum = config.number("momentum", 0);
    boolean nesterov = config.flag("nesterov", false);
    if (momentum == 0) {
      return with(rate, new Sgd());
    }
    if (nesterov) {
      return with(rate, new Nesterovs(rate.first(), momentum));
    }
    if (rate.schedule().isPresent()) {
      throw config.refused(
          "momentum", "0, or nesterov = true, or a learning rate without schedule and decay");
    }
    return KerasMomentum.core(rate.first(), momentum);
  }

  private static Core with(KerasRate rate, IUpdater updater) {
    rate.setTo(updater);
    return new Core(updater);
  }

  private static Core adam(KerasConfig config, KerasRate rate) {
    double beta1 = config.number("beta_1", 0.9);
    double beta2 = config.number("beta_2", 0.999);
    double epsilon = config.number("epsilon", KERAS_EPSILON);
    if (config.flag("amsgrad", false)) {
      return with(rate, new AMSGrad(rate.first(), beta1, beta2, epsilon));
    }
    return with(rate, new Adam(rate.first(), beta1, beta2, epsilon));
  }

  private static Core rmsProp(KerasConfig config, KerasRate rate) {
    config.expect("momentum", 0);
    config.expect("centered", false);
    double rho = config.number("rho", 0.9);
    double epsilon = config.number("epsilon", KERAS_EPSILON);
    if (!isLegacy(config)) {
      throw config.refused(
          "the optimizer RMSprop is not supported as TensorFlow from 2.11 on and Keras 3 have it"
              + " (epsilon is inside the root there, in ND4J outside), only as"
              + " tf.keras.optimizers.legacy.RMSprop has it, or Adam");
    }
    RmsProp updater = new RmsProp(rate.first(), rho, epsilon);
    rate.setTo(updater);
    return new Core(updater, List.of(0.0), List.of());
  }

  private static Core adaGrad(KerasConfig config, KerasRate rate) {
    double start = config.number("initial_accumulator_value", 0.1);
    double epsilon = config.number("epsilon", KERAS_EPSILON);
    if (!isLegacy(config) && start < 1e4 * epsilon) {
      throw config.refused(
          "initial_accumulator_value",
          "at least 10000 times epsilon, because epsilon is inside the root in Keras and outside"
              + " in ND4J");
    }
    AdaGrad updater = new AdaGrad(rate.first(), epsilon);
    rate.setTo(updater);
    return new Core(updater, List.of(start), List.of());
  }

  private static Core adaDelta(KerasConfig config, KerasRate rate) {
    if (rate.schedule().isPresent() || rate.first() != 1) {
      throw config.refused("learning_rate", "1.0, which is what ND4J's AdaDelta computes with");
    }
    return new Core(
        new AdaDelta(config.number("rho", 0.95), config.number("epsilon", KERAS_EPSILON)));
  }

  private static KerasOptimizer finish(String name, KerasConfig config, Core core) {
    config.ignore(
        "name", "jit_compile", "is_legacy_optimizer", "ema_momentum", "ema_overwrite_frequency");
    config.expect("use_ema", false);
    config.expect("loss_scale_factor", 1);
    config.expect("gradient_accumulation_steps", 1);
    double weightDecay = config.number("weight_decay", "AdamW".equals(name) ? 0.004 : 0);
    if (weightDecay != 0 && !core.updater().hasLearningRate()) {
      throw config.refused("weight_decay", "null for this optimizer");
    }
    OptionalDouble norm = config.optionalNumber("clipnorm");
    OptionalDouble value = config.optionalNumber("clipvalue");
    OptionalDouble global = config.optionalNumber("global_clipnorm");
    if (value.isPresent() && (norm.isPresent() || global.isPresent())) {
      throw config.refused("clipvalue", "null beside another way of clipping");
    }
    if (norm.isPresent() && global.isPresent()) {
      throw config.refused("clipnorm", "null beside global_clipnorm");
    }
    GradientNormalization clipping = GradientNormalization.None;
    if (norm.isPresent()) {
      clipping = GradientNormalization.ClipL2PerParamType;
    } else if (value.isPresent()) {
      clipping = GradientNormalization.ClipElementWiseAbsoluteValue;
    }
    return new KerasOptimizer(
        core.updater(),
        core.start(),
        weightDecay,
        clipping,
        norm.orElse(value.orElse(1)),
        global,
        embeddings(name, config),
        core.notes());
  }

  /** Keras hands on the rows of an embedding that a batch has used, and some optimizers know. */
  private static Optional<String> embeddings(String name, KerasConfig config) {
    boolean momentum = isLegacy(config) && name.equals("SGD") && config.number("momentum", 0) != 0;
    return momentum || name.equals("Adadelta")
        ? Optional.of(
            name + " leaves those rows of an embedding as they are that a batch has not used")
        : Optional.empty();
  }

  /**
   * Plain ("heavy ball") momentum, which ND4J has no updater for: its Nesterovs is the other form.
   *
   * <p>ND4J's Adam with beta 2 = 1 never changes its second moment s, and takes epsilon e for a
   * learning rate, so that its step is m e / (sqrt(s) + e), with m = beta1 m + (1 - beta1) g. That
   * is momentum for the s with which e / (sqrt(s) + e) = rate / (1 - momentum).
   */
  private static final class KerasMomentum {
    private KerasMomentum() {}

    static Core core(double rate, double momentum) {
      double factor = rate / (1 - momentum);
      double epsilon = factor <= 1 ? factor : -1;
      double root = factor <= 1 ? 1 - factor : 1 - 1 / factor;
      return new Core(
          new Adam(rate, momentum, 1, epsilon),
          List.of(0.0, root * root),
          List.of(
              "SGD with momentum "
                  + momentum
                  + " is ND4J's Adam with beta2 = 1 and a constant second moment, which computes"
                  + " the same; the learning rate is in the updater's state"));
    }
  }
}
