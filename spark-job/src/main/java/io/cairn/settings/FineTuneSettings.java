/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import static io.cairn.settings.Kind.choice;
import static io.cairn.settings.Kind.names;
import static io.cairn.settings.Kind.ofItsOwn;
import static io.cairn.settings.Kind.text;

import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is changed about a trained model before it is trained further.
 *
 * @param freezeUntil the last layer, in the model's order, of those that stay as they are
 * @param freeze names or patterns with {@code *} of layers that stay as they are
 * @param output what becomes of the output layer, if it is replaced
 * @param add layers that come before the replaced output
 * @param updater whether the optimizer's state is taken over
 */
public record FineTuneSettings(
    Optional<String> freezeUntil,
    List<String> freeze,
    Optional<OutputReplacement> output,
    List<Described> add,
    UpdaterState updater) {

  private static final String PREFIX = "model.fine-tune.";

  static final Key<String> FREEZE_UNTIL = Key.of(PREFIX + "freeze-until", text());
  static final Key<List<String>> FREEZE =
      Key.of(
          PREFIX + "freeze",
          names("must be one layer's name or pattern, or a list", "[\"conv*\", norm1]"));

  /** Read here. */
  static final Key<ConfigValue> ADD = Key.of(PREFIX + "add", ofItsOwn());

  static final Key<UpdaterState> UPDATER =
      Key.of(PREFIX + "updater", choice(UpdaterState.class)).byDefault(UpdaterState.FRESH);

  static final Block<FineTuneSettings> BLOCK =
      Block.<FineTuneSettings>named("model.fine-tune", Resume.MUST_STAY)
          .maybe(FREEZE_UNTIL, FineTuneSettings::freezeUntil)
          .maybe(FREEZE, tune -> Optional.of(tune.freeze()).filter(list -> !list.isEmpty()))
          .maybe(OutputReplacement.BLOCK, FineTuneSettings::output)
          .maybe(ADD, FineTuneSettings::addJson)
          .with(UPDATER, FineTuneSettings::updater);

  /** What the optimizer begins with. */
  public enum UpdaterState {
    /** Nothing, at update 0. */
    FRESH,
    /** The archive's state of the layers that are trained on, at its update. */
    ARCHIVE
  }

  public FineTuneSettings {
    Objects.requireNonNull(freezeUntil, "freezeUntil");
    freeze = List.copyOf(freeze);
    Objects.requireNonNull(output, "output");
    add = List.copyOf(add);
    Objects.requireNonNull(updater, "updater");
    if (!add.isEmpty() && output.isEmpty()) {
      throw new IllegalArgumentException("layers are added before an output that is replaced");
    }
  }

  private Optional<ConfigValue> addJson() {
    return add.isEmpty()
        ? Optional.empty()
        : Optional.of(ConfigValueFactory.fromIterable(add.stream().map(Described::plain).toList()));
  }

  static boolean isGiven(Values values) {
    return BLOCK.keys().values().stream().anyMatch(values::isGiven);
  }

  /** Reports what is wrong. */
  static void read(Values values) {
    values.read(BLOCK);
    OutputReplacement.read(values);
    layers(values);
    if (values.isGiven(ADD) && !OutputReplacement.isGiven(values)) {
      values.wrongIfGiven(
          ADD,
          "needs replace-output: the output's weights do not fit behind other layers",
          "model.fine-tune.replace-output { classes = 3 }");
    }
    if (values.isGiven(UpdaterSettings.TYPE)
        && values.maybe(UPDATER).orElse(UpdaterState.FRESH) == UpdaterState.ARCHIVE) {
      values.wrongIfGiven(
          UPDATER, "contradicts train.updater, which begins afresh", "one of the two");
    }
  }

  /** Those that are added. */
  static List<Described> layers(Values values) {
    Optional<ConfigValue> given = values.maybe(ADD);
    if (given.isEmpty()) {
      return List.of();
    }
    Described added = Described.of(ADD.name(), given.get());
    return added instanceof Described.Entries list ? list.entries() : List.of(added);
  }

  /** The settings, once nothing is known to be wrong. */
  static FineTuneSettings from(Values values) {
    return new FineTuneSettings(
        values.maybe(FREEZE_UNTIL),
        values.maybe(FREEZE).orElse(List.of()),
        OutputReplacement.isGiven(values)
            ? Optional.of(OutputReplacement.from(values))
            : Optional.empty(),
        layers(values),
        values.of(UPDATER));
  }
}
