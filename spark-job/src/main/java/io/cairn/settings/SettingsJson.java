/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Settings as JSON and back: what a run keeps in {@code settings.json}, and how they travel to
 * executors. The same settings give the same text, byte for byte, with sorted keys; what the
 * operator left out and has no default is left out.
 *
 * <p>Threading: stateless.
 */
public final class SettingsJson {

  private static final String PLAN = "plan";
  private static final ConfigRenderOptions PRETTY =
      ConfigRenderOptions.defaults().setComments(false).setOriginComments(false).setJson(true);

  /**
   * What {@code settings.json} holds.
   *
   * @param settings as resolved
   * @param plan the resolved batch numbers by name, empty where none were stored
   */
  public record Stored(Settings settings, Map<String, Long> plan) {
    public Stored {
      Objects.requireNonNull(settings, "settings");
      plan = Map.copyOf(plan);
    }
  }

  private SettingsJson() {}

  /**
   * The text of {@code settings.json}: the settings, beside them the resolved {@code plan}, and a
   * newline.
   */
  public static String render(Settings settings, Map<String, Long> plan) {
    Map<String, Object> root = new TreeMap<>(tree(settings));
    root.put(PLAN, plan);
    return text(root);
  }

  /** The settings alone, as a JSON object. */
  public static String render(Settings settings) {
    return text(tree(settings));
  }

  /**
   * Reads what either {@code render} wrote.
   *
   * @param json the text
   * @param name the file's name, for errors
   * @throws SettingsException if it is not JSON, or this version does not understand it
   */
  public static Stored parse(String json, String name) {
    Findings findings = new Findings(name);
    ConfigObject root = Given.parseJson(json, name, findings);
    Map<String, Long> plan = new TreeMap<>();
    if (root.get(PLAN) instanceof ConfigObject numbers) {
      numbers.forEach(
          (key, value) -> {
            if (value.valueType() == ConfigValueType.NUMBER) {
              plan.put(key, ((Number) value.unwrapped()).longValue());
            }
          });
    }
    return new Stored(SettingsReader.read(root.withoutKey(PLAN), findings), plan);
  }

  private static String text(Map<String, Object> tree) {
    return ConfigValueFactory.fromMap(tree).render(PRETTY).stripTrailing() + "\n";
  }

  private static Map<String, Object> tree(Settings settings) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("name", settings.name());
    tree.put("seed", settings.seed());
    tree.put("model", Map.of("source", settings.model().source()));
    tree.put("data", tree(settings.data()));
    Map<String, Object> batch = new TreeMap<>();
    put(batch, "workers", settings.batch().workers());
    put(batch, "micro", settings.batch().micro());
    if (settings.batch().microSize() == BatchSettings.MicroSize.PROBED) {
      batch.put("micro", BatchSection.AUTO);
    }
    put(batch, "steps", settings.batch().steps());
    put(batch, "effective", settings.batch().effective());
    tree.put("batch", batch);
    tree.put("train", tree(settings.train()));
    tree.put("checkpoint", tree(settings.checkpoint()));
    tree.put("recovery", tree(settings.recovery()));
    tree.put("collective", tree(settings.collective()));
    tree.put("output", settings.output());
    tree.put("spark", settings.spark());
    return tree;
  }

  private static Map<String, Object> tree(CollectiveSettings collective) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("timeout", text(collective.timeout()));
    if (!collective.ports().equals(PortRange.ANY)) {
      tree.put("port-range", collective.ports().toString());
    }
    tree.put("encryption", word(collective.encryption()));
    tree.put("shared-memory", word(collective.sharedMemory()));
    tree.put("precision", word(collective.precision()));
    return tree;
  }

  private static Map<String, Object> tree(DataSettings data) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("train", tree(data.train()));
    Map<String, Object> validation = new TreeMap<>();
    data.validation().ifPresent(source -> validation.putAll(tree(source)));
    data.validationFraction().ifPresent(fraction -> validation.put("fraction", fraction));
    tree.put("validation", validation);
    tree.put("inputs", data.inputs().stream().map(SettingsJson::tree).toList());
    tree.put("outputs", data.outputs().stream().map(SettingsJson::tree).toList());
    put(tree, data.scale());
    data.weight().ifPresent(column -> tree.put("weight", column));
    if (data.classWeights() instanceof ClassWeights.Given given) {
      tree.put("class-weights", new ArrayList<>(given.weights()));
    } else if (data.classWeights() instanceof ClassWeights.Balanced) {
      tree.put("class-weights", ClassesReader.BALANCED);
    }
    return tree;
  }

  private static void put(Map<String, Object> tree, Scale scale) {
    if (scale instanceof Scale.Factor factor) {
      tree.put("scale", factor.factor());
    } else if (scale instanceof Scale.Standard) {
      tree.put("scale", "standard");
    } else if (scale instanceof Scale.MinMax) {
      tree.put("scale", "min-max");
    } else if (scale instanceof Scale.None) {
      tree.put("scale", "none");
    }
  }

  private static Map<String, Object> tree(SourceSettings source) {
    Map<String, Object> tree = new TreeMap<>(tree(source.place()));
    source
        .query()
        .ifPresent(
            query -> {
              tree.put("query", query);
              Map<String, Object> views = new TreeMap<>();
              source.views().forEach((name, place) -> views.put(name, tree(place)));
              tree.put("sources", views);
            });
    return tree;
  }

  private static Map<String, Object> tree(SourcePlace place) {
    Map<String, Object> tree = new TreeMap<>();
    if (place instanceof SourcePlace.Files files) {
      files.path().ifPresent(path -> tree.put("path", path));
      tree.put("format", files.format());
      tree.put("options", files.options());
      files.schema().ifPresent(schema -> tree.put("schema", schema));
    } else if (place instanceof SourcePlace.Table table) {
      tree.put("table", table.name());
    }
    return tree;
  }

  private static Map<String, Object> tree(ColumnSettings column) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("columns", new ArrayList<>(column.columns()));
    put(tree, "classes", column.classes());
    if (!column.classNames().isEmpty()) {
      tree.put("classes", new ArrayList<>(column.classNames()));
    }
    if (!column.shape().isEmpty()) {
      tree.put("shape", new ArrayList<>(column.shape()));
    }
    put(tree, "max-steps", column.maxSteps());
    column.form().scale().ifPresent(scale -> put(tree, scale));
    if (column.form().image() != InputForm.Image.NONE) {
      tree.put("image", word(column.form().image()));
    }
    return tree;
  }

  private static Map<String, Object> tree(TrainSettings train) {
    Map<String, Object> tree = new TreeMap<>();
    put(tree, "epochs", train.epochs());
    OptionalLong updates = train.updates();
    updates.ifPresent(number -> tree.put("updates", number));
    OptionalDouble clip = train.clipGlobalNorm();
    clip.ifPresent(norm -> tree.put("clip-global-norm", norm));
    tree.put("on-non-finite", word(train.onNonFinite()));
    tree.put("self-check", word(train.selfCheck()));
    return tree;
  }

  private static Map<String, Object> tree(RecoverySettings recovery) {
    return Map.of(
        "max-attempts", recovery.maxAttempts(),
        "max-failures-without-progress", recovery.maxFailuresWithoutProgress(),
        "max-time", text(recovery.maxTime()),
        "wait-for-executors", text(recovery.waitForExecutors()),
        "host-failures", recovery.hostFailures(),
        "stop-within", text(recovery.stopWithin()));
  }

  private static String text(Duration duration) {
    return duration.toNanos() % 1_000_000 == 0
        ? duration.toMillis() + "ms"
        : duration.toNanos() + "ns";
  }

  private static Map<String, Object> tree(CheckpointSettings checkpoint) {
    Map<String, Object> tree = new TreeMap<>();
    tree.put("every-updates", checkpoint.everyUpdates());
    tree.put("keep", checkpoint.keep());
    checkpoint.keepEvery().ifPresent(updates -> tree.put("keep-every", updates));
    return tree;
  }

  private static void put(Map<String, Object> tree, String key, OptionalInt number) {
    number.ifPresent(value -> tree.put(key, value));
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
