/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import com.typesafe.config.ConfigFactory;
import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.settings.Described;
import io.cairn.settings.LayerSettings;
import io.cairn.settings.LayerSettings.Channels;
import io.cairn.settings.Problem;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Models that settings describe, and data that they are for. */
final class Descriptions {

  static final long SEED = 7;

  static final DataShape.Input FLAT = new DataShape.Input.Flat(4);
  static final DataShape.Input SEQUENCE = new DataShape.Input.Sequence(3, 5);
  static final DataShape.Input IMAGE =
      new DataShape.Input.Shaped(List.of(3, 6, 6), DataShape.Channels.FIRST);
  static final DataShape.Input VOLUME =
      new DataShape.Input.Shaped(List.of(2, 4, 4, 4), DataShape.Channels.FIRST);

  private Descriptions() {}

  /** What the block {@code model} says, in HOCON. */
  static LayerSettings settings(String model) {
    var block = ConfigFactory.parseString("model { " + model + " }").root().toConfig();
    Described described = Described.of("model", block.root().get("model"));
    var values = ((Described.Properties) described).values();
    return new LayerSettings(
        (Described.Entries) values.get("layers"),
        Optional.ofNullable((Described.Properties) values.get("defaults")),
        names(values.get("inputs")),
        names(values.get("outputs")),
        values.containsKey("channels") ? Optional.of(Channels.LAST) : Optional.empty());
  }

  private static List<String> names(Described names) {
    return names instanceof Described.Entries list
        ? list.entries().stream().map(it -> ((Described.Word) it).text()).toList()
        : List.of();
  }

  /** Labels that are one of so many classes. */
  static DataShape.Output classes(int number) {
    return new DataShape.Output("label", OptionalInt.of(number), number, DataShape.Steps.NONE);
  }

  /** Labels that are so many values. */
  static DataShape.Output values(int number) {
    return new DataShape.Output("label", OptionalInt.empty(), number, DataShape.Steps.NONE);
  }

  /** A class at each time step. */
  static DataShape.Output classesOfSteps(int number) {
    return new DataShape.Output("label", OptionalInt.of(number), number, DataShape.Steps.EACH);
  }

  static DataShape data(DataShape.Input input, DataShape.Output output) {
    return new DataShape(List.of(input), List.of(output));
  }

  /** Deeplearning4j's JSON of a model. */
  static String json(String model, DataShape data) {
    return DescribedModel.of(settings(model)).json(data, SEED);
  }

  /** What is wrong with a model whatever the data is, a line each. */
  static List<String> problems(String model) {
    return DescribedModel.of(settings(model)).problems().stream().map(Problem::toString).toList();
  }
}
