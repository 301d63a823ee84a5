/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import io.cairn.data.Encoding;
import io.cairn.data.Field;
import io.cairn.data.source.OpenedData;
import io.cairn.plan.BatchArithmetic;
import io.cairn.replica.ComputeDevice;
import io.cairn.replica.ModelException;
import io.cairn.replica.ModelSource;
import io.cairn.replica.layers.DataShape;
import io.cairn.replica.layers.DescribedModel;
import io.cairn.replica.transfer.FineTuning;
import io.cairn.settings.BatchSettings;
import io.cairn.settings.ColumnSettings;
import io.cairn.settings.Described;
import io.cairn.settings.InputForm;
import io.cairn.settings.LayerSettings;
import io.cairn.settings.Problem;
import io.cairn.settings.Settings;
import io.cairn.settings.SettingsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Brings together the model that the settings describe and the shapes of the data.
 *
 * <p>Threading: stateless.
 *
 * <p>Failure: a {@link io.cairn.replica.ModelException} with a line for everything that does not
 * fit.
 */
public final class ModelOfSettings {

  /** Channels, depth, height and width. */
  private static final int MOST_LENGTHS = 4;

  private ModelOfSettings() {}

  /**
   * What settings are checked for beyond the settings themselves: batch numbers, and the layers of
   * a model.
   *
   * @param workers that the cluster gives, if it says so
   */
  public static SettingsReader.Checks checks(OptionalInt workers) {
    return new SettingsReader.Checks() {
      @Override
      public List<Problem> problems(BatchSettings batch) {
        return BatchArithmetic.problems(batch, workers);
      }

      @Override
      public List<Problem> problems(LayerSettings model) {
        // Weights of a loss are arrays, so that ND4J may start here.
        ComputeDevice.prepareProcess();
        return DescribedModel.of(model).problems();
      }

      @Override
      public List<Problem> problems(List<Described> added) {
        if (!added.isEmpty()) {
          ComputeDevice.prepareProcess();
        }
        return FineTuning.problems(added);
      }
    };
  }

  /** The model that the settings describe, for this data. */
  static ModelSource of(Settings settings, OpenedData data) {
    requireShapes(settings.data().inputs());
    settings
        .model()
        .described()
        .flatMap(LayerSettings::channels)
        .ifPresent(channels -> requireChannels(channels, settings.data().inputs()));
    return ModelSource.described(
        settings.model().described().orElseThrow(),
        shape(settings, data.shapes()),
        settings.seed());
  }

  private static void requireShapes(List<ColumnSettings> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      List<Integer> shape = inputs.get(i).shape();
      if (shape.size() > MOST_LENGTHS) {
        throw new ModelException(
            "data.inputs[%d].shape = %s: model.layers takes at most four lengths, those of a volume"
                .formatted(i, shape));
      }
    }
  }

  /** What is said of all inputs fits all of them, and what pictures say is said once. */
  private static void requireChannels(
      LayerSettings.Channels channels, List<ColumnSettings> inputs) {
    String setting = "model.channels = " + channels.name().toLowerCase(Locale.ROOT);
    boolean has = false;
    for (int i = 0; i < inputs.size(); i++) {
      ColumnSettings input = inputs.get(i);
      InputForm.Image image = input.form().image();
      if (image == unlike(channels)) {
        throw new ModelException(
            "%s contradicts data.inputs[%d].image = %s; leave model.channels out"
                .formatted(setting, i, image.name().toLowerCase(Locale.ROOT).replace('_', '-')));
      }
      has |= input.maxSteps().isPresent() || input.shape().size() > 1;
    }
    if (!has) {
      throw new ModelException(
          setting + ": no input has channels, as one with a shape or max-steps has; leave it out");
    }
  }

  private static InputForm.Image unlike(LayerSettings.Channels channels) {
    return switch (channels) {
      case FIRST -> InputForm.Image.CHANNELS_LAST;
      case LAST -> InputForm.Image.CHANNELS_FIRST;
    };
  }

  private static DataShape shape(Settings settings, List<Field> fields) {
    List<DataShape.Input> inputs = new ArrayList<>();
    List<DataShape.Output> outputs = new ArrayList<>();
    for (Field field : fields) {
      if (field.role() == Field.Role.INPUT) {
        inputs.add(input(settings.data().inputs().get(inputs.size()), field));
      } else {
        outputs.add(output(field));
      }
    }
    return new DataShape(inputs, outputs);
  }

  private static DataShape.Input input(ColumnSettings columns, Field field) {
    if (field.isSequence()) {
      return new DataShape.Input.Sequence(field.shape().get(0), field.maxSteps());
    }
    if (field.shape().size() == 1) {
      return new DataShape.Input.Flat(field.shape().get(0));
    }
    return new DataShape.Input.Shaped(
        field.shape(),
        columns.form().image() == InputForm.Image.CHANNELS_LAST
            ? DataShape.Channels.LAST
            : DataShape.Channels.FIRST);
  }

  private static DataShape.Output output(Field field) {
    OptionalInt classes =
        field.encoding() instanceof Encoding.ClassIndex index
            ? OptionalInt.of(index.classes())
            : OptionalInt.empty();
    return new DataShape.Output(
        field.name(),
        classes,
        field.shape().get(0),
        field.isSequence() ? DataShape.Steps.EACH : DataShape.Steps.NONE);
  }
}
