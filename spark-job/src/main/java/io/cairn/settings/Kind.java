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
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The type of a setting's values: how a value is read and checked, how it is written to JSON, and
 * which words about unit and range its description in {@code conf/reference.conf} must contain.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param <T> what a value becomes
 * @param reader reads a value that is there
 * @param range accepts a value, or not
 * @param json the value as {@code settings.json} has it: a text, a number, a list or a map
 * @param words that the page of settings must use of it
 */
record Kind<T>(Reader<T> reader, Range<T> range, Function<T, Object> json, List<String> words) {

  /** Makes something of a value, or says what it must be. */
  interface Reader<T> {
    T read(ConfigValue value) throws Misfit;
  }

  /** Says what a value must be if it is not in range. */
  interface Range<T> {
    void check(T value) throws Misfit;
  }

  /**
   * A value that is not what its setting takes. The message says what it must be; the setting's
   * name, file and line are added by whoever reads it.
   */
  static final class Misfit extends Exception {

    private static final long serialVersionUID = 1L;

    private final String fits;

    /** A value that {@code must} be something; what {@code fits} may be empty. */
    Misfit(String must, String fits) {
      super(must);
      this.fits = fits;
    }

    /** What would be valid; may be empty. */
    String fits() {
      return fits;
    }
  }

  /** A kind whose reader alone knows what is in range. */
  Kind(Reader<T> reader, Function<T, Object> json, String... words) {
    this(reader, value -> {}, json, List.of(words));
  }

  /** Reads a value, which must be in range. */
  T read(ConfigValue value) throws Misfit {
    T read = reader.read(value);
    range.check(read);
    return read;
  }

  /** A whole number of at least 1. */
  static Kind<Integer> count(String unit) {
    return count(1, unit);
  }

  /** A whole number of at least {@code least}. */
  static Kind<Integer> count(int least, String unit) {
    return whole(least, Integer.MAX_VALUE, number -> (int) number, unit);
  }

  /** A whole number of at least {@code least} that may be large. */
  static Kind<Long> whole(long least, String unit) {
    return whole(least, Long.MAX_VALUE, number -> number, unit);
  }

  private static <N extends Number> Kind<N> whole(
      long least, long most, LongFunction<N> made, String unit) {
    Reader<N> reader =
        value -> {
          Optional<BigDecimal> number = decimal(scalar(value, "a whole number"));
          if (number.isEmpty() || !isWhole(number.get())) {
            throw new Misfit("must be a whole number", "");
          }
          requireBetween(least, most, number.get());
          return made.apply(number.get().longValueExact());
        };
    return new Kind<>(
        reader,
        number -> requireBetween(least, most, BigDecimal.valueOf(number.longValue())),
        number -> number,
        least == Long.MIN_VALUE ? List.of("whole number") : List.of("at least " + least, unit));
  }

  private static boolean isWhole(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }

  private static void requireBetween(long least, long most, BigDecimal number) throws Misfit {
    if (number.compareTo(BigDecimal.valueOf(least)) < 0) {
      throw new Misfit("must be at least " + least, "");
    }
    if (number.compareTo(BigDecimal.valueOf(most)) > 0) {
      throw new Misfit("must be at most " + most, "");
    }
  }

  /** A finite number above {@code above} and below {@code below}, neither included. */
  static Kind<Double> number(double above, double below, String unit) {
    String lower = "above " + plain(above);
    boolean open = Double.isInfinite(below);
    String limits = "must be " + lower + (open ? " and finite" : " and below " + plain(below));
    return new Kind<>(
        value ->
            decimal(scalar(value, "a number"))
                .orElseThrow(() -> new Misfit("must be a number", ""))
                .doubleValue(),
        number -> {
          if (!(number > above && number < below)) {
            throw new Misfit(limits, "");
          }
        },
        number -> number,
        List.of(open ? lower : lower + ", below " + plain(below), unit));
  }

  /** A finite number of at least {@code least} and below {@code below}. */
  static Kind<Double> numberFrom(double least, double below, String unit) {
    Kind<Double> open = number(Math.nextDown(least), below, unit);
    String lower = "at least " + plain(least);
    boolean endless = Double.isInfinite(below);
    String limits = "must be " + lower + (endless ? " and finite" : " and below " + plain(below));
    return new Kind<>(
        open.reader(),
        number -> {
          if (!(number >= least && number < below)) {
            throw new Misfit(limits, "");
          }
        },
        open.json(),
        List.of(endless ? lower : lower + ", below " + plain(below), unit));
  }

  /** Words of an enum, one alone or a list of them, each once. */
  static <E extends Enum<E>> Kind<List<E>> choices(Class<E> type) {
    Kind<E> one = choice(type);
    return new Kind<>(
        value -> {
          List<ConfigValue> entries = value instanceof ConfigList list ? list : List.of(value);
          if (entries.isEmpty()) {
            throw new Misfit("must be one of " + String.join(", ", one.words()), "");
          }
          List<E> chosen = new ArrayList<>();
          for (ConfigValue entry : entries) {
            chosen.add(one.read(entry));
          }
          return chosen.stream().distinct().toList();
        },
        words -> {},
        words -> words.stream().map(one.json()).toList(),
        one.words());
  }

  private static String plain(double limit) {
    return limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
  }

  /** A duration with its unit, between both limits, which are included. */
  static Kind<Duration> duration(Duration least, Duration most) {
    String limits = "must be between %s and %s".formatted(shown(least), shown(most));
    return new Kind<>(
        Kind::readDuration,
        duration -> {
          if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            throw new Misfit(limits, "");
          }
        },
        duration ->
            duration.toNanos() % 1_000_000 == 0
                ? duration.toMillis() + "ms"
                : duration.toNanos() + "ns",
        List.of("a duration with unit", said(least) + " to " + said(most)));
  }

  private static Duration readDuration(ConfigValue value) throws Misfit {
    String text = scalar(value, "a duration");
    if (decimal(text).isPresent()) {
      throw new Misfit("needs a unit", "such as " + text + "s or " + text + "ms");
    }
    try {
      return value.atKey("value").getDuration("value");
    } catch (ConfigException | ArithmeticException notADuration) {
      throw new Misfit("must be a duration with a unit", "such as 60s, 500ms or 2m");
    }
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

  /** One of the words of an enum, written in lower case with dashes. */
  static <E extends Enum<E>> Kind<E> choice(Class<E> type) {
    List<String> words = Stream.of(type.getEnumConstants()).map(Kind::word).toList();
    return new Kind<>(
        value -> {
          int chosen = words.indexOf(scalar(value, "a word"));
          if (chosen < 0) {
            throw new Misfit("must be one of " + String.join(", ", words), "");
          }
          return type.getEnumConstants()[chosen];
        },
        word -> {},
        Kind::word,
        words);
  }

  /** How a constant is written: in lower case with dashes. */
  static String word(Enum<?> word) {
    return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A text that is not blank. */
  static Kind<String> text() {
    return new Kind<>(
        value -> {
          String text = scalar(value, "a text");
          if (text.isBlank()) {
            throw new Misfit("must not be blank", "");
          }
          return text;
        },
        text -> text);
  }

  /** A text that {@code parser} understands; if it does not, it must be, or fits, as said. */
  static <T> Kind<T> parsed(Function<String, Optional<T>> parser, String must, String fits) {
    return new Kind<>(
        value -> parser.apply(scalar(value, "a text")).orElseThrow(() -> new Misfit(must, fits)),
        Object::toString);
  }

  /** A whole number, or a word for that it is left to the program, which is read as empty. */
  static Kind<Optional<Integer>> orWord(Kind<Integer> kind, String word) {
    return new Kind<>(
        value -> {
          String text = Findings.isScalar(value) ? Findings.textOf(value) : "0";
          if (text.equals(word)) {
            return Optional.empty();
          }
          if (decimal(text).isEmpty()) {
            throw new Misfit("must be a whole number, or " + word, "");
          }
          return Optional.of(kind.read(value));
        },
        number -> {
          if (number.isPresent()) {
            kind.range().check(number.get());
          }
        },
        number -> number.<Object>map(kind.json()).orElse(word),
        Stream.concat(kind.words().stream(), Stream.of(word)).toList());
  }

  /** Columns: one name or pattern, or a list of them. */
  static Kind<List<String>> columns() {
    return names("must be one column name or pattern, or a list of them", "[\"pixel_*\"]");
  }

  /** A list of names, of which a single one may stand without brackets; else as said. */
  static Kind<List<String>> names(String must, String fits) {
    return new Kind<>(
        value -> {
          List<ConfigValue> entries = value instanceof ConfigList list ? list : List.of(value);
          boolean allNames =
              entries.stream()
                  .allMatch(entry -> Findings.isScalar(entry) && !Findings.textOf(entry).isBlank());
          if (entries.isEmpty() || !allNames) {
            throw new Misfit(must, fits);
          }
          return entries.stream().map(Findings::textOf).collect(Collectors.toList());
        },
        names -> names);
  }

  /** A list of lengths, each at least 1. */
  static Kind<List<Integer>> lengths() {
    Kind<Integer> length = count("");
    return new Kind<>(
        value -> {
          List<Integer> lengths = new ArrayList<>();
          List<ConfigValue> entries = value instanceof ConfigList list ? list : List.of();
          try {
            for (ConfigValue entry : entries) {
              lengths.add(length.read(entry));
            }
          } catch (Misfit e) {
            lengths.clear();
          }
          if (lengths.isEmpty()) {
            throw new Misfit("must be a list of whole numbers of at least 1", "[1, 28, 28]");
          }
          return lengths;
        },
        lengths -> lengths);
  }

  /** A block or list with a form of its own, taken as it stands; each key says who reads it. */
  static Kind<ConfigValue> ofItsOwn() {
    return new Kind<>(value -> value, value -> value);
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
}
