/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.InverseSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Translates Keras's learning rate schedules to ND4J's, which count updates as Keras does.
 *
 * <p>A schedule for which ND4J has no formula becomes a table of its values, if they stop changing
 * after at most {@value #MAX_TABLE} updates. A polynomial decay becomes a table too, because ND4J's
 * own PolySchedule grows where it should fall.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} naming the schedule and what would be
 * accepted.
 */
final class KerasSchedules {

  /** Updates of which a table keeps the values; each layer's configuration carries it. */
  static final int MAX_TABLE = 5000;

  private KerasSchedules() {}

  /** The schedule of a learning rate. */
  static ISchedule schedule(KerasObject schedule) {
    KerasConfig config = schedule.config();
    config.ignore("name");
    return switch (schedule.className()) {
      case "ExponentialDecay" -> exponential(config);
      case "InverseTimeDecay" -> inverseTime(config);
      case "PiecewiseConstantDecay" -> piecewise(config);
      case "PolynomialDecay" -> polynomial(config);
      case "CosineDecay" -> cosine(config);
      default ->
          throw config.refused(
              "the schedule "
                  + schedule.className()
                  + " is not supported, only ExponentialDecay, InverseTimeDecay,"
                  + " PiecewiseConstantDecay, PolynomialDecay and CosineDecay");
    };
  }

  /** The {@code decay} of optimizers before TensorFlow 2.11: rate / (1 + decay * updates). */
  static ISchedule timeDecay(double rate, double decay) {
    return new InverseSchedule(ScheduleType.ITERATION, rate, decay, 1);
  }

  private static double positive(KerasConfig config, String key) {
    double value = config.number(key);
    if (value <= 0) {
      throw config.refused(key, "a number above 0");
    }
    return value;
  }

  private static ISchedule exponential(KerasConfig config) {
    double initial = config.number("initial_learning_rate");
    double steps = positive(config, "decay_steps");
    double rate = positive(config, "decay_rate");
    if (config.flag("staircase", false)) {
      return new StepSchedule(ScheduleType.ITERATION, initial, rate, steps);
    }
    return new ExponentialSchedule(ScheduleType.ITERATION, initial, Math.pow(rate, 1 / steps));
  }

  private static ISchedule inverseTime(KerasConfig config) {
    double initial = config.number("initial_learning_rate");
    double steps = positive(config, "decay_steps");
    double rate = config.number("decay_rate");
    config.expect("staircase", false);
    return timeDecay(initial, rate / steps);
  }

  private static ISchedule piecewise(KerasConfig config) {
    List<Integer> boundaries = config.integers("boundaries");
    List<Double> values = numbers(config, "values");
    if (values.size() != boundaries.size() + 1) {
      throw config.refused("values", "one value more than there are boundaries");
    }
    Map<Integer, Double> map = new HashMap<>();
    map.put(0, values.get(0));
    for (int i = 0; i < boundaries.size(); i++) {
      if (boundaries.get(i) < (i == 0 ? 0 : boundaries.get(i - 1))) {
        throw config.refused("boundaries", "numbers of updates that ascend");
      }
      // Keras: up to and including the boundary.
      map.put(boundaries.get(i) + 1, values.get(i + 1));
    }
    return new MapSchedule(ScheduleType.ITERATION, map);
  }

  private static List<Double> numbers(KerasConfig config, String key) {
    List<Double> numbers = new ArrayList<>();
    JsonNode list = config.raw(key);
    if (list == null || !list.isArray() || list.isEmpty()) {
      throw config.refused(key, "a list of numbers");
    }
    for (JsonNode item : list) {
      if (!item.isNumber()) {
        throw config.refused(key, "a list of numbers");
      }
      numbers.add(item.doubleValue());
    }
    return numbers;
  }

  private static ISchedule polynomial(KerasConfig config) {
    double initial = config.number("initial_learning_rate");
    double end = config.number("end_learning_rate", 0.0001);
    double power = config.number("power", 1);
    config.expect("cycle", false);
    int steps = tableSteps(config, "decay_steps", 0);
    return table(
        steps, update -> (initial - end) * Math.pow(1 - update / (double) steps, power) + end);
  }

  private static ISchedule cosine(KerasConfig config) {
    double initial = config.number("initial_learning_rate");
    double alpha = config.number("alpha", 0);
    int warmUp = config.has("warmup_target") ? config.integer("warmup_steps", 0) : 0;
    double top = config.number("warmup_target", initial);
    config.ignore("warmup_steps"); // without a target it has no effect
    int steps = tableSteps(config, "decay_steps", warmUp);
    return table(
        steps + warmUp,
        update -> {
          if (update < warmUp) {
            return initial + (top - initial) * update / warmUp;
          }
          double cosine = 0.5 * (1 + Math.cos(Math.PI * (update - warmUp) / steps));
          return top * ((1 - alpha) * cosine + alpha);
        });
  }

  private static int tableSteps(KerasConfig config, String key, int before) {
    int steps = config.integer(key);
    if (steps < 1 || steps + before > MAX_TABLE) {
      throw config.refused(
          key,
          "1 to "
              + MAX_TABLE
              + " updates with those of the warm-up, as each is an entry in a table");
    }
    return steps;
  }

  /** A table of the updates up to the last one, whose value stays. */
  private static ISchedule table(int last, IntToDoubleFunction value) {
    Map<Integer, Double> map = new HashMap<>();
    for (int update = 0; update <= last; update++) {
      map.put(update, value.applyAsDouble(update));
    }
    return new MapSchedule(ScheduleType.ITERATION, map);
  }
}
