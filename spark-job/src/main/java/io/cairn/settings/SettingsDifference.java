/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigValueFactory;
import io.cairn.json.StrictJson;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A setting that has one value in a stored run and another one in the run that is asked for.
 *
 * <p>Not every difference is reported. Each key says whether a resumed run may change it. Of the
 * plan that is stored beside the settings, only the effective batch must stay: that of every epoch
 * that has begun, and those of all others too unless the text of {@code batch.schedule} has
 * changed.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param key the setting, dotted
 * @param was its value in the run that is there, as JSON; "absent" without one
 * @param now its value in the run that is asked for, as JSON; "absent" without one
 */
public record SettingsDifference(String key, String was, String now) {

  private static final String ABSENT = "absent";
  private static final String ENDS_WITH_RUN =
      " (its learning rates fall until the run's end; a schedule with train.updater.schedule.length"
          + " does not depend on that)";

  /** For an error message: {@code seed was 7, is now 8}. */
  @Override
  public String toString() {
    return key + " was " + was + ", is now " + now;
  }

  /**
   * The settings that make {@code now} another run than {@code was}, whatever has been made of it.
   *
   * @throws IllegalArgumentException if {@code was} is not a JSON object
   */
  public static List<SettingsDifference> between(String was, String now) {
    return between(was, now, 0);
  }

  /**
   * The same for a run that is known to have begun so many epochs: their effective batches must
   * stay, while those of later epochs may be changed with {@code batch.schedule}. Where the
   * schedule is the same, they must stay as well: other workers or micro-batches have changed them,
   * and nobody has asked for that.
   */
  public static List<SettingsDifference> between(String was, String now, long epochsBegun) {
    Map<String, JsonNode> old = flatten(was);
    Map<String, JsonNode> asked = flatten(now);
    TreeSet<String> keys = new TreeSet<>(old.keySet());
    keys.addAll(asked.keySet());
    List<SettingsDifference> differences = new ArrayList<>();
    for (String key : keys) {
      JsonNode before = old.get(key);
      JsonNode after = asked.get(key);
      Resume rule = rule(key);
      if (rule == Resume.MAY_GROW && endsWithTheRun(old)) {
        if (!Resume.MUST_STAY.allows(before, after)) {
          differences.add(new SettingsDifference(key, text(before), text(after) + ENDS_WITH_RUN));
        }
      } else if (!rule.allows(before, after)) {
        differences.add(new SettingsDifference(key, text(before), text(after)));
      }
    }
    ofStages(old, asked, epochsBegun).ifPresent(differences::add);
    return differences;
  }

  private static Optional<SettingsDifference> ofStages(
      Map<String, JsonNode> old, Map<String, JsonNode> asked, long epochsBegun) {
    boolean hasSameSchedule = hasSameSchedule(old, asked);
    boolean endsWithRun = endsWithTheRun(old) && stagesMoveTheEnd(old);
    long epochs = hasSameSchedule || endsWithRun ? Long.MAX_VALUE : epochsBegun;
    String remark = hasSameSchedule ? otherSplit(old, asked) : endsWithRun ? ENDS_WITH_RUN : "";
    return StoredStages.of(old)
        .difference(StoredStages.of(asked), epochs)
        .map(it -> new SettingsDifference(it.key(), it.was(), it.now() + remark));
  }

  private static boolean hasSameSchedule(Map<String, JsonNode> old, Map<String, JsonNode> asked) {
    JsonNode schedule = old.get(BatchSettings.SCHEDULE.name());
    return schedule != null && schedule.equals(asked.get(BatchSettings.SCHEDULE.name()));
  }

  /** What to do where the same steps of other workers or micro-batches make other batches. */
  private static String otherSplit(Map<String, JsonNode> old, Map<String, JsonNode> asked) {
    return " (its steps are the same, but workers or micro-batches are not: set batch.workers = %s with micro-batches of %s as before, and fewer executors make the same batches in more steps; or give batch.schedule the steps for %s workers with micro-batches of %s)"
        .formatted(
            text(old.get(SettingsJson.PLAN + ".workers")),
            text(old.get(SettingsJson.PLAN + ".micro")),
            text(asked.get(SettingsJson.PLAN + ".workers")),
            text(asked.get(SettingsJson.PLAN + ".micro")));
  }

  /** Whether another effective batch makes a schedule longer or shorter that ends with the run. */
  private static boolean stagesMoveTheEnd(Map<String, JsonNode> run) {
    JsonNode by = run.get(ScheduleSettings.BY.name());
    boolean byEpochs = by != null && by.asText().equals(Kind.word(ScheduleSettings.By.EPOCHS));
    return run.containsKey(TrainSettings.EPOCHS.name()) != byEpochs;
  }

  /**
   * Whether learning rates fall until the run's end: a longer run would have had others from the
   * start. With a length of its own the schedule does not depend on the run's.
   */
  private static boolean endsWithTheRun(Map<String, JsonNode> run) {
    return run.containsKey(ScheduleSettings.END.name())
        && !run.containsKey(ScheduleSettings.LENGTH.name());
  }

  /** Whether the run that is asked for is longer than the one that is there. */
  public static boolean isLonger(String was, String now) {
    Map<String, JsonNode> old = flatten(was);
    Map<String, JsonNode> asked = flatten(now);
    return old.keySet().stream()
        .filter(key -> rule(key) == Resume.MAY_GROW && asked.containsKey(key))
        .anyMatch(key -> asked.get(key).asLong() > old.get(key).asLong());
  }

  /**
   * Whether a run that a limit has ended may go on: the limit is larger now, or gone.
   *
   * @param reason why the run ended; it begins with the name of the limit, if there was one
   * @throws IllegalArgumentException if {@code was} has a limit that no run can have had
   */
  public static boolean isLimitLifted(String was, String now, String reason) {
    Map<String, JsonNode> old = flatten(was);
    Map<String, JsonNode> asked = flatten(now);
    return old.keySet().stream()
        .filter(key -> rule(key) == Resume.MAY_BE_LIFTED && reason.startsWith(key))
        .anyMatch(
            key ->
                !asked.containsKey(key)
                    || duration(key, asked.get(key)).compareTo(duration(key, old.get(key))) > 0);
  }

  private static Duration duration(String key, JsonNode value) {
    try {
      return (Duration)
          Catalog.keys().get(key).kind().read(ConfigValueFactory.fromAnyRef(value.asText()));
    } catch (Kind.Misfit e) {
      throw new IllegalArgumentException(
          "%s = %s %s".formatted(key, text(value), e.getMessage()), e);
    }
  }

  private static Resume rule(String key) {
    if (key.equals(SettingsJson.PLAN) || key.startsWith(SettingsJson.PLAN + ".")) {
      return key.equals(SettingsJson.PLAN + ".effective") ? Resume.MUST_STAY : Resume.MAY_CHANGE;
    }
    return Catalog.onResume(key);
  }

  private static Map<String, JsonNode> flatten(String json) {
    Map<String, JsonNode> flat = new TreeMap<>();
    flatten("", StrictJson.parseObject(json), flat);
    return flat;
  }

  private static void flatten(String prefix, JsonNode node, Map<String, JsonNode> flat) {
    node.fields()
        .forEachRemaining(
            field -> {
              String key = prefix.isEmpty() ? field.getKey() : prefix + "." + field.getKey();
              if (field.getValue().isObject()) {
                flatten(key, field.getValue(), flat);
              } else if (!field.getValue().isNull()) {
                flat.put(key, field.getValue());
              }
            });
  }

  private static String text(JsonNode value) {
    return value == null ? ABSENT : value.toString();
  }
}
