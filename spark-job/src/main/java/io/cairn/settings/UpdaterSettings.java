/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static com.typesafe.config.ConfigValueFactory.fromAnyRef;
import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.numberFrom;
import static io.cairn.settings.Kind.ofItsOwn;

import com.typesafe.config.ConfigValue;
import io.cairn.settings.UpdaterType.Hyperparameter;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The optimizer that replaces the model's.
 *
 * @param type which one
 * @param learningRate before schedule and scaling; present where the type has one
 * @param numbers all that the type has, given or by default
 * @param weightDecay decoupled from the gradient, in place of the model's own; absent: that stays
 * @param schedule how the learning rate goes, if it does not stay
 * @param scaleWithBatch how the learning rate follows from the effective batch, if it does
 * @param groups parameters with numbers of their own; the first that fits counts
 */
public record UpdaterSettings(
    UpdaterType type,
    OptionalDouble learningRate,
    Map<Hyperparameter, Double> numbers,
    OptionalDouble weightDecay,
    Optional<ScheduleSettings> schedule,
    Optional<BatchScaling> scaleWithBatch,
    List<UpdaterGroup> groups) {

  /** The name that the parameters outside of all groups have. */
  public static final String REST = "rest";

  private static final String PREFIX = "train.updater.";

  static final Key<UpdaterType> TYPE = Key.of(PREFIX + "type", choice(UpdaterType.class));
  static final Key<Double> LEARNING_RATE =
      Key.of(PREFIX + "learning-rate", Kind.number(0, Double.POSITIVE_INFINITY, "rate"));
  static final Key<Double> MOMENTUM = share("momentum");
  static final Key<Double> BETA1 = share("beta1");
  static final Key<Double> BETA2 = share("beta2");
  static final Key<Double> EPSILON =
      Key.of(PREFIX + "epsilon", Kind.number(0, Double.POSITIVE_INFINITY, "added"));
  static final Key<Double> RMS_DECAY = share("rms-decay");
  static final Key<Double> RHO = share("rho");
  static final Key<Double> WEIGHT_DECAY =
      Key.of(PREFIX + "weight-decay", numberFrom(0, Double.POSITIVE_INFINITY, "share"));

  /** Read here, with the keys of {@link UpdaterGroup#BLOCK}. */
  static final Key<ConfigValue> GROUPS = Key.of(PREFIX + "groups", ofItsOwn());

  private static final Map<Hyperparameter, Key<Double>> NUMBERS =
      new EnumMap<>(
          Map.of(
              Hyperparameter.MOMENTUM, MOMENTUM,
              Hyperparameter.BETA1, BETA1,
              Hyperparameter.BETA2, BETA2,
              Hyperparameter.EPSILON, EPSILON,
              Hyperparameter.RMS_DECAY, RMS_DECAY,
              Hyperparameter.RHO, RHO));

  static final Block<UpdaterSettings> BLOCK =
      Block.<UpdaterSettings>named("train.updater", Resume.MUST_STAY)
          .with(TYPE, UpdaterSettings::type)
          .maybeDouble(LEARNING_RATE, UpdaterSettings::learningRate)
          .maybe(MOMENTUM, updater -> updater.number(Hyperparameter.MOMENTUM))
          .maybe(BETA1, updater -> updater.number(Hyperparameter.BETA1))
          .maybe(BETA2, updater -> updater.number(Hyperparameter.BETA2))
          .maybe(EPSILON, updater -> updater.number(Hyperparameter.EPSILON))
          .maybe(RMS_DECAY, updater -> updater.number(Hyperparameter.RMS_DECAY))
          .maybe(RHO, updater -> updater.number(Hyperparameter.RHO))
          .maybeDouble(WEIGHT_DECAY, UpdaterSettings::weightDecay)
          .maybe(ScheduleSettings.BLOCK, UpdaterSettings::schedule)
          .maybe(BatchScaling.BLOCK, UpdaterSettings::scaleWithBatch)
          .maybe(GROUPS, UpdaterSettings::groupsJson);

  public UpdaterSettings {
    Objects.requireNonNull(type, "type");
    numbers = Map.copyOf(numbers);
    Objects.requireNonNull(schedule, "schedule");
    Objects.requireNonNull(scaleWithBatch, "scaleWithBatch");
    groups = List.copyOf(groups);
    weightDecay.ifPresent(WEIGHT_DECAY::require);
    learningRate.ifPresent(LEARNING_RATE::require);
    if (learningRate.isPresent() != type.hasLearningRate()
        || !numbers.keySet().equals(type.defaults().keySet())) {
      throw new IllegalArgumentException("not the numbers of " + type + ": " + numbers);
    }
    numbers.forEach((number, value) -> NUMBERS.get(number).require(value));
  }

  private static Key<Double> share(String name) {
    return Key.of(PREFIX + name, Kind.number(0, 1, "share"));
  }

  /** A number of the type; empty if it has none of that name. */
  public Optional<Double> number(Hyperparameter number) {
    return Optional.ofNullable(numbers.get(number));
  }

  private Optional<ConfigValue> groupsJson() {
    return groups.isEmpty()
        ? Optional.empty()
        : Optional.of(
            fromAnyRef(
                groups.stream().map(group -> UpdaterGroup.BLOCK.json(group).root()).toList()));
  }

  /** Whether the model's own optimizer is replaced. */
  static boolean isGiven(Values values) {
    return BLOCK.keys().values().stream().anyMatch(values::isGiven);
  }

  /** Reports what is wrong. */
  static void read(Values values) {
    values.read(BLOCK);
    ScheduleSettings.read(values);
    BatchScaling.read(values);
    List<UpdaterGroup> groups = groups(values);
    if (!isGiven(values)) {
      return;
    }
    Optional<UpdaterType> type = values.maybe(TYPE);
    if (type.isEmpty()) {
      values.missing(TYPE, "is missing", "such as adam-w");
      return;
    }
    NUMBERS.forEach(
        (number, key) -> {
          if (type.get().byDefault(number).isEmpty()) {
            values.wrongIfGiven(key, "is no number of " + type.get().word(), has(type.get()));
          }
        });
    if (type.get().hasLearningRate()) {
      if (!values.isGiven(LEARNING_RATE)) {
        values.missing(LEARNING_RATE, "is missing", "such as 1e-3");
      }
    } else {
      refuseRates(values, type.get(), groups);
    }
  }

  private static String has(UpdaterType type) {
    List<String> words = new ArrayList<>();
    if (type.hasLearningRate()) {
      words.add("learning-rate");
    }
    type.defaults().keySet().forEach(number -> words.add(Kind.word(number)));
    words.add("weight-decay");
    return "it has " + String.join(", ", words);
  }

  private static void refuseRates(Values values, UpdaterType type, List<UpdaterGroup> groups) {
    String why = "has no effect: " + type.word() + " has no learning rate";
    values.wrongIfGiven(LEARNING_RATE, why, has(type));
    ScheduleSettings.BLOCK.keys().values().forEach(key -> values.wrongIfGiven(key, why, ""));
    BatchScaling.BLOCK.keys().values().forEach(key -> values.wrongIfGiven(key, why, ""));
    if (groups.stream().anyMatch(group -> group.learningRate().isPresent())) {
      values.wrongIfGiven(
          GROUPS, "give learning rates, but " + type.word() + " has none", "weight-decay alone");
    }
  }

  private static List<UpdaterGroup> groups(Values values) {
    List<UpdaterGroup> groups =
        values.entries(GROUPS, UpdaterGroup.BLOCK.keys().keySet(), "{ layers = [...] }").stream()
            .map(UpdaterGroup::from)
            .flatMap(Optional::stream)
            .toList();
    Set<String> names = new HashSet<>(Set.of(REST));
    for (UpdaterGroup group : groups) {
      if (!names.add(group.name())) {
        values.wrongIfGiven(
            GROUPS,
            "have two groups of the name " + group.name(),
            "a name for each group, other than " + REST);
      }
    }
    return groups;
  }

  /** The settings, once nothing is known to be wrong. */
  static UpdaterSettings from(Values values) {
    UpdaterType type = values.of(TYPE);
    Map<Hyperparameter, Double> numbers = type.defaults();
    numbers.replaceAll((number, preset) -> values.maybe(NUMBERS.get(number)).orElse(preset));
    return new UpdaterSettings(
        type,
        values.maybeDouble(LEARNING_RATE),
        numbers,
        values.isGiven(WEIGHT_DECAY) ? values.maybeDouble(WEIGHT_DECAY) : type.defaultWeightDecay(),
        ScheduleSettings.isGiven(values)
            ? Optional.of(ScheduleSettings.from(values))
            : Optional.empty(),
        BatchScaling.isGiven(values) ? Optional.of(BatchScaling.from(values)) : Optional.empty(),
        groups(values));
  }
}
