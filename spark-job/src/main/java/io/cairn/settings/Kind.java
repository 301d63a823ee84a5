/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;

/**
 * Which values a setting takes: how one is read and checked, how it is written, and what {@code
 * conf/reference.conf} has to say of unit and range.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param <T> what a value becomes
 */
interface Kind<T> {

  /**
   * Reads a value that is there.
   *
   * @throws Misfit if it is none of this kind
   */
  T read(ConfigValue value) throws Misfit;

  /**
   * Returns if a value is in range.
   *
   * @throws Misfit if it is not
   */
  default void check(T value) throws Misfit {}

  /** The value as {@code settings.json} has it: a text, a number, a list or a map. */
  default Object json(T value) {
    return value;
  }

  /** Words that the page of settings must use of it. */
  default List<String> words() {
    return List.of();
  }

  /** A whole number of at least 1. */
  static Kind<Integer> count(String unit) {
    return count(1, unit);
  }

  /** A whole number of at least {@code least}. */
  static Kind<Integer> count(int least, String unit) {
    return new Whole<>(least, Integer.MAX_VALUE, unit, number -> (int) number);
  }

  /** A whole number of at least {@code least} that may be large. */
  static Kind<Long> whole(long least, String unit) {
    return new Whole<>(least, Long.MAX_VALUE, unit, number -> number);
  }

  /** A finite number above {@code above} and below {@code below}, neither included. */
  static Kind<Double> number(double above, double below, String unit) {
    return new Decimal(above, below, unit);
  }

  /** A duration with its unit, between both limits, which are included. */
  static Kind<Duration> duration(Duration least, Duration most) {
    return new Time(least, most);
  }

  /** One of the words of an enum, written in lower case with dashes. */
  static <E extends Enum<E>> Kind<E> choice(Class<E> words) {
    return new Choice<>(words);
  }

  /** A text that is not blank. */
  static Kind<String> text() {
    return value -> {
      String text = scalar(value, "a text");
      if (text.isBlank()) {
        throw new Misfit("must not be blank", "");
      }
      return text;
    };
  }

  /** A text that {@code parser} understands; if it does not, it must be, or fits, as said. */
  static <T> Kind<T> parsed(Function<String, Optional<T>> parser, String must, String fits) {
    return new Parsed<>(parser, must, fits);
  }

  /** A number, or a word for that it is left to the program, which is read as empty. */
  static <T> Kind<Optional<T>> orWord(Kind<T> kind, String word) {
    return new OrWord<>(kind, word);
  }

  /** Columns: one name or pattern, or a list of them. */
  static Kind<List<String>> columns() {
    return names("must be one column name or pattern, or a list of them", "[\"pixel_*\"]");
  }

  /** A list of names, of which a single one may stand without brackets; else as said. */
  static Kind<List<String>> names(String must, String fits) {
    return value -> {
      List<ConfigValue> entries = value instanceof ConfigList list ? list : List.of(value);
      boolean allNames =
          entries.stream()
              .allMatch(entry -> Findings.isScalar(entry) && !Findings.textOf(entry).isBlank());
      if (entries.isEmpty() || !allNames) {
        throw new Misfit(must, fits);
      }
      return entries.stream().map(Findings::textOf).toList();
    };
  }

  /** A list of lengths, each at least 1. */
  static Kind<List<Integer>> lengths() {
    return value -> {
      List<Integer> lengths = new ArrayList<>();
      for (ConfigValue entry : value instanceof ConfigList list ? list : List.<ConfigValue>of()) {
        try {
          lengths.add(count("").read(entry));
        } catch (Misfit e) {
          lengths.clear();
          break;
        }
      }
      if (lengths.isEmpty()) {
        throw new Misfit("must be a list of whole numbers of at least 1", "[1, 28, 28]");
      }
      return lengths;
    };
  }

  /**
   * Blocks and lists with a form of their own, taken as they stand.
   *
   * @param reader the class that knows their form, for whoever looks for it
   */
  static Kind<ConfigValue> readBy(Class<?> reader) {
    return new ReadBy(reader);
  }

  /** The number a text stands for, if it is one: digits, sign, point, exponent. */
  static Optional<BigDecimal> decimal(String text) {
    try {
      return Optional.of(new BigDecimal(text.strip()));
    } catch (NumberFormatException notANumber) {
      return Optional.empty();
    }
  }

  /** The text of a value that is no list or block. */
  static String scalar(ConfigValue value, String wanted) throws Misfit {
    if (!Findings.isScalar(value)) {
      throw new Misfit("must be " + wanted, "");
    }
    return Findings.textOf(value);
  }

  /** Whole numbers between {@code least} and {@code most}, both included. */
  record Whole<N extends Number>(long least, long most, String unit, LongFunction<N> made)
      implements Kind<N> {

    @Override
    public N read(ConfigValue value) throws Misfit {
      Optional<BigDecimal> number = decimal(scalar(value, "a whole number"));
      if (number.isEmpty()
          || (number.get().signum() != 0 && number.get().stripTrailingZeros().scale() > 0)) {
        throw new Misfit("must be a whole number", "");
      }
      check(number.get());
      return made.apply(number.get().longValueExact());
    }

    @Override
    public void check(N value) throws Misfit {
      check(BigDecimal.valueOf(value.longValue()));
    }

    private void check(BigDecimal number) throws Misfit {
      if (number.compareTo(BigDecimal.valueOf(least)) < 0) {
        throw new Misfit("must be at least " + least, "");
      }
      if (number.compareTo(BigDecimal.valueOf(most)) > 0) {
        throw new Misfit("must be at most " + most, "");
      }
    }

    @Override
    public List<String> words() {
      return least == Long.MIN_VALUE ? List.of("whole number") : List.of("at least " + least, unit);
    }
  }

  /** Finite numbers above one limit and below another. */
  record Decimal(double above, double below, String unit) implements Kind<Double> {

    @Override
    public Double read(ConfigValue value) throws Misfit {
      Optional<BigDecimal> number = decimal(scalar(value, "a number"));
      if (number.isEmpty()) {
        throw new Misfit("must be a number", "");
      }
      double read = number.get().doubleValue();
      check(read);
      return read;
    }

    @Override
    public void check(Double value) throws Misfit {
      if (!(value > above && value < below)) {
        String upper = Double.isInfinite(below) ? " and finite" : " and below " + plain(below);
        throw new Misfit("must be above " + plain(above) + upper, "");
      }
    }

    @Override
    public List<String> words() {
      String lower = "above " + plain(above);
      return List.of(Double.isInfinite(below) ? lower : lower + ", below " + plain(below), unit);
    }

    private static String plain(double limit) {
      return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
    }
  }

  /** Durations between two limits, both included. */
  record Time(Duration least, Duration most) implements Kind<Duration> {

    @Override
    public Duration read(ConfigValue value) throws Misfit {
      String text = scalar(value, "a duration");
      if (decimal(text).isPresent()) {
        throw new Misfit("needs a unit", "such as " + text + "s or " + text + "ms");
      }
      Duration read;
      try {
        read = value.atKey("value").getDuration("value");
      } catch (ConfigException | ArithmeticException notADuration) {
        throw new Misfit("must be a duration with a unit", "such as 60s, 500ms or 2m");
      }
      check(read);
      return read;
    }

    @Override
    public void check(Duration value) throws Misfit {
      if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
        throw new Misfit("must be between %s and %s".formatted(shown(least), shown(most)), "");
      }
    }

    @Override
    public Object json(Duration value) {
      return value.toNanos() % 1_000_000 == 0 ? value.toMillis() + "ms" : value.toNanos() + "ns";
    }

    @Override
    public List<String> words() {
      return List.of("a duration with unit", "%s to %s".formatted(said(least), said(most)));
    }

    private static String shown(Duration limit) {
      return limit.toMillis() % 1000 == 0 ? limit.toSeconds() + "s" : limit.toMillis() + "ms";
    }

    private static String said(Duration limit) {
      if (limit.toDays() > 0) {
        return limit.toDays() + (limit.toDays() == 1 ? " day" : " days");
      }
      return limit.toSeconds() > 0 ? limit.toSeconds() + " s" : limit.toMillis() + " ms";
    }
  }

  /** The words of an enum. */
  record Choice<E extends Enum<E>>(Class<E> type) implements Kind<E> {

    @Override
    public E read(ConfigValue value) throws Misfit {
      String text = scalar(value, "a word");
      return Stream.of(type.getEnumConstants())
          .filter(word -> word(word).equals(text))
          .findFirst()
          .orElseThrow(() -> new Misfit("must be one of " + String.join(", ", words()), ""));
    }

    @Override
    public Object json(E value) {
      return word(value);
    }

    @Override
    public List<String> words() {
      return Stream.of(type.getEnumConstants()).map(Choice::word).toList();
    }

    private static String word(Enum<?> word) {
      return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Texts with a form of their own, which is that of {@code toString}. */
  record Parsed<T>(Function<String, Optional<T>> parser, String must, String fits)
      implements Kind<T> {

    @Override
    public T read(ConfigValue value) throws Misfit {
      return parser.apply(scalar(value, "a text")).orElseThrow(() -> new Misfit(must, fits));
    }

    @Override
    public Object json(T value) {
      return value.toString();
    }
  }

  /** Values of another kind, or a word. */
  record OrWord<T>(Kind<T> kind, String word) implements Kind<Optional<T>> {

    @Override
    public Optional<T> read(ConfigValue value) throws Misfit {
      if (Findings.isScalar(value) && Findings.textOf(value).equals(word)) {
        return Optional.empty();
      }
      if (Findings.isScalar(value) && decimal(Findings.textOf(value)).isEmpty()) {
        throw new Misfit("must be a whole number, or " + word, "");
      }
      return Optional.of(kind.read(value));
    }

    @Override
    public void check(Optional<T> value) throws Misfit {
      if (value.isPresent()) {
        kind.check(value.get());
      }
    }

    @Override
    public Object json(Optional<T> value) {
      return value.isPresent() ? kind.json(value.get()) : word;
    }

    @Override
    public List<String> words() {
      return Stream.concat(kind.words().stream(), Stream.of(word)).toList();
    }
  }

  /** What another class reads. */
  record ReadBy(Class<?> reader) implements Kind<ConfigValue> {

    @Override
    public ConfigValue read(ConfigValue value) {
      return value;
    }
  }
}
