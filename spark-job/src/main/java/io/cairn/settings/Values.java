/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Typed access to the values of one block: what the operator gave, else the default. A value that
 * does not fit is reported to the findings and read as absent, so that reading goes on.
 *
 * <p>Threading: one thread.
 */
final class Values {

  private final ConfigObject given;
  private final Function<String, Optional<ConfigValue>> defaults;
  private final String prefix;
  private final Findings findings;
  private final Set<String> asked = new TreeSet<>();

  /**
   * Opens a block.
   *
   * @param given what the operator wrote
   * @param defaults the default of a key
   * @param prefix what comes before a key when it is named to the operator
   * @param findings where problems go
   */
  Values(
      ConfigObject given,
      Function<String, Optional<ConfigValue>> defaults,
      String prefix,
      Findings findings) {
    this.given = given;
    this.defaults = defaults;
    this.prefix = prefix;
    this.findings = findings;
  }

  /** The keys asked for so far. */
  Set<String> asked() {
    return asked;
  }

  /** Whether the operator gave the key a value. */
  boolean isGiven(String key) {
    return given(key).isPresent();
  }

  /** What the operator wrote for the key, which may be a block; null counts as nothing. */
  Optional<ConfigValue> given(String key) {
    ConfigValue at = given;
    for (String name : key.split("\\.")) {
      ConfigValue next = at instanceof ConfigObject block ? block.get(name) : null;
      if (next == null || next.valueType() == ConfigValueType.NULL) {
        return Optional.empty();
      }
      at = next;
    }
    return Optional.of(at);
  }

  /** A text that is not blank. */
  Optional<String> text(String key) {
    Optional<ConfigValue> value = scalar(key, "a text");
    if (value.isPresent() && Findings.textOf(value.get()).isBlank()) {
      wrong(value.get(), key, "must not be blank", "");
      return Optional.empty();
    }
    return value.map(Findings::textOf);
  }

  /** A text that {@code parser} understands; if it does not, it must be, or fits, as said. */
  <T> Optional<T> parsed(
      String key, Function<String, Optional<T>> parser, String must, String fits) {
    Optional<ConfigValue> value = scalar(key, "a text");
    Optional<T> parsed = value.map(Findings::textOf).flatMap(parser);
    if (value.isPresent() && parsed.isEmpty()) {
      wrong(value.get(), key, must, fits);
    }
    return parsed;
  }

  /** As {@link #text}; absence is a problem. */
  Optional<String> requiredText(String key, String fits) {
    Optional<String> text = text(key);
    if (text.isEmpty()) {
      findings.missing(prefix + key, "is missing", fits);
    }
    return text;
  }

  /** A whole number of at least {@code least}. */
  OptionalInt integer(String key, int least) {
    OptionalLong whole = whole(key, least, Integer.MAX_VALUE);
    return whole.isPresent() ? OptionalInt.of((int) whole.getAsLong()) : OptionalInt.empty();
  }

  /** A whole number between {@code least} and {@code most}, both included. */
  OptionalLong whole(String key, long least, long most) {
    Optional<ConfigValue> value = scalar(key, "a whole number");
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    Optional<BigDecimal> number = decimal(Findings.textOf(value.get()));
    if (number.isEmpty() || !isWhole(number.get())) {
      return absent(value.get(), key, "must be a whole number", "");
    }
    if (number.get().compareTo(BigDecimal.valueOf(least)) < 0) {
      return absent(value.get(), key, "must be at least " + least, "");
    }
    if (number.get().compareTo(BigDecimal.valueOf(most)) > 0) {
      return absent(value.get(), key, "must be at most " + most, "");
    }
    return OptionalLong.of(number.get().longValueExact());
  }

  /** A finite number above {@code above} and below {@code below}, neither included. */
  OptionalDouble number(String key, double above, double below) {
    Optional<ConfigValue> value = scalar(key, "a number");
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    Optional<BigDecimal> number = decimal(Findings.textOf(value.get()));
    if (number.isEmpty()) {
      wrong(value.get(), key, "must be a number", "");
      return OptionalDouble.empty();
    }
    double read = number.get().doubleValue();
    if (!(read > above && read < below)) {
      String limits = "must be above " + plain(above);
      limits += Double.isInfinite(below) ? " and finite" : " and below " + plain(below);
      wrong(value.get(), key, limits, "");
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(read);
  }

  /** A duration with its unit, between both limits. */
  Optional<Duration> duration(String key, Duration least, Duration most) {
    Optional<ConfigValue> value = scalar(key, "a duration");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String text = Findings.textOf(value.get());
    if (decimal(text).isPresent()) {
      wrong(value.get(), key, "needs a unit", "such as " + text + "s or " + text + "ms");
      return Optional.empty();
    }
    try {
      Duration read = value.get().atKey("value").getDuration("value");
      if (read.compareTo(least) < 0 || read.compareTo(most) > 0) {
        wrong(
            value.get(), key, "must be between %s and %s".formatted(shown(least), shown(most)), "");
        return Optional.empty();
      }
      return Optional.of(read);
    } catch (ConfigException | ArithmeticException notADuration) {
      wrong(value.get(), key, "must be a duration with a unit", "such as 60s, 500ms or 2m");
      return Optional.empty();
    }
  }

  /** One of the words of an enum, written in lower case with dashes. */
  <E extends Enum<E>> Optional<E> choice(String key, Class<E> words) {
    Optional<ConfigValue> value = scalar(key, "a word");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    String text = Findings.textOf(value.get());
    Optional<E> chosen =
        Stream.of(words.getEnumConstants()).filter(word -> word(word).equals(text)).findFirst();
    if (chosen.isEmpty()) {
      String all =
          Stream.of(words.getEnumConstants()).map(Values::word).collect(Collectors.joining(", "));
      wrong(value.get(), key, "must be one of " + all, "");
    }
    return chosen;
  }

  /** A list of names; a single name may stand without brackets. Empty where absent or wrong. */
  List<String> names(String key) {
    return names(key, "must be one column name or pattern, or a list of them", "[\"pixel_*\"]");
  }

  /** Whether the operator gave the key a list. */
  boolean isList(String key) {
    return given(key).filter(ConfigList.class::isInstance).isPresent();
  }

  /** The same; if it is anything else, it must be, or fits, as said. */
  List<String> names(String key, String must, String fits) {
    Optional<ConfigValue> value = value(key);
    if (value.isEmpty()) {
      return List.of();
    }
    List<ConfigValue> entries =
        value.get() instanceof ConfigList list ? list : List.of(value.get());
    boolean allNames =
        entries.stream()
            .allMatch(entry -> Findings.isScalar(entry) && !Findings.textOf(entry).isBlank());
    if (entries.isEmpty() || !allNames) {
      wrong(value.get(), key, must, fits);
      return List.of();
    }
    return entries.stream().map(Findings::textOf).toList();
  }

  /** A list of lengths, each at least 1. Empty where absent or wrong. */
  List<Integer> lengths(String key) {
    Optional<ConfigValue> value = value(key);
    if (value.isEmpty()) {
      return List.of();
    }
    List<Integer> lengths = new ArrayList<>();
    if (value.get() instanceof ConfigList list) {
      BigDecimal most = BigDecimal.valueOf(Integer.MAX_VALUE);
      for (ConfigValue entry : list) {
        Optional<BigDecimal> length =
            Findings.isScalar(entry) ? decimal(Findings.textOf(entry)) : Optional.empty();
        length
            .filter(Values::isWhole)
            .filter(number -> number.signum() > 0 && number.compareTo(most) <= 0)
            .ifPresent(number -> lengths.add(number.intValueExact()));
      }
      if (lengths.size() == list.size() && !list.isEmpty()) {
        return lengths;
      }
    }
    wrong(value.get(), key, "must be a list of whole numbers of at least 1", "[1, 28, 28]");
    return List.of();
  }

  /** A free-form block as dotted names and texts. Empty where absent or wrong. */
  Map<String, String> texts(String key) {
    Map<String, String> texts = new TreeMap<>();
    Optional<ConfigValue> value = value(key);
    if (value.isPresent()) {
      if (value.get() instanceof ConfigObject block) {
        flatten("", block, key, texts);
      } else {
        wrong(value.get(), key, "must be a block", key + " { name = value }");
      }
    }
    return texts;
  }

  /** A list of blocks, each to be read on its own; without defaults. */
  List<Values> entries(String key, Set<String> known) {
    Optional<ConfigValue> value = value(key);
    if (value.isEmpty()) {
      return List.of();
    }
    List<Values> entries = new ArrayList<>();
    List<ConfigValue> list = value.get() instanceof ConfigList blocks ? blocks : List.of();
    for (int i = 0; i < list.size(); i++) {
      if (list.get(i) instanceof ConfigObject block) {
        String inside = prefix + key + "[" + i + "].";
        UnknownKeys.checkEntry(inside, block, known, findings);
        entries.add(new Values(block, absent -> Optional.empty(), inside, findings));
      } else {
        wrong(list.get(i), key + "[" + i + "]", "must be a block", "{ columns = [...] }");
      }
    }
    if (list.isEmpty()) {
      wrong(value.get(), key, "must be a list of blocks", "[{ columns = [...] }]");
    }
    return entries;
  }

  /** A block of named blocks, each to be read on its own; without defaults. */
  Map<String, Values> blocks(String key, Set<String> known) {
    Map<String, Values> blocks = new TreeMap<>();
    Optional<ConfigValue> value = value(key);
    if (value.isPresent() && value.get() instanceof ConfigObject named) {
      named.forEach(
          (name, inner) -> {
            if (inner instanceof ConfigObject block) {
              String inside = prefix + key + "." + name + ".";
              UnknownKeys.checkEntry(inside, block, known, findings);
              blocks.put(name, new Values(block, absent -> Optional.empty(), inside, findings));
            } else {
              wrong(
                  inner,
                  key + "." + name,
                  "must be a block",
                  name + " { path = ..., format = ... }");
            }
          });
    } else if (value.isPresent()) {
      wrong(value.get(), key, "must be a block", key + " { name { path = ..., format = ... } }");
    }
    return blocks;
  }

  /** Reports the value of a key, if it was given. */
  void wrongIfGiven(String key, String message, String fits) {
    given(key).ifPresent(value -> wrong(value, key, message, fits));
  }

  /** Reports what was asked for and is not there. */
  void missing(String key, String message, String fits) {
    findings.missing(prefix + key, message, fits);
  }

  private void wrong(ConfigValue value, String key, String message, String fits) {
    findings.wrong(value, prefix + key, message, fits);
  }

  private Optional<ConfigValue> value(String key) {
    asked.add(key);
    return given(key).or(() -> defaults.apply(key));
  }

  private Optional<ConfigValue> scalar(String key, String wanted) {
    Optional<ConfigValue> value = value(key);
    if (value.isPresent() && !Findings.isScalar(value.get())) {
      wrong(value.get(), key, "must be " + wanted, "");
      return Optional.empty();
    }
    return value;
  }

  private OptionalLong absent(ConfigValue value, String key, String message, String fits) {
    wrong(value, key, message, fits);
    return OptionalLong.empty();
  }

  private void flatten(String before, ConfigObject block, String key, Map<String, String> texts) {
    block.forEach(
        (name, value) -> {
          String path = before + name;
          if (value instanceof ConfigObject inner) {
            flatten(path + ".", inner, key, texts);
          } else if (Findings.isScalar(value)) {
            texts.put(path, Findings.textOf(value));
          } else if (value.valueType() == ConfigValueType.LIST) {
            wrong(value, key + "." + path, "must be a text, a number or true or false", "");
          }
        });
  }

  /** The number a text stands for, if it is one: digits, sign, point, exponent. */
  static Optional<BigDecimal> decimal(String text) {
    try {
      return Optional.of(new BigDecimal(text.strip()));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }

  private static boolean isWhole(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }

  private static String plain(double limit) {
    return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
  }

  private static String shown(Duration limit) {
    return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + "s" : limit.toMillis() + "ms";
  }

  private static <E extends Enum<E>> String word(E word) {
    return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
