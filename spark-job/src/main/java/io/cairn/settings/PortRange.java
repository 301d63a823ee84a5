/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.settings;

import java.io.Serializable;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ports that executors may listen at, both ends included; written {@code 40000-40063}.
 *
 * @param first from 1; 0 in {@link #ANY}
 * @param last at least {@code first}, at most 65535; 0 in {@link #ANY}
 */
public record PortRange(int first, int last) implements Serializable {

  /** Whatever port is free. */
  public static final PortRange ANY = new PortRange(0, 0);

  private static final long serialVersionUID = 1L;
  private static final int MOST = 65_535;
  private static final Pattern FORM = Pattern.compile("(\\d{1,5})\\s*-\\s*(\\d{1,5})");

  public PortRange {
    boolean any = first == 0 && last == 0;
    if (!any && (first < 1 || last < first || last > MOST)) {
      throw new IllegalArgumentException(
          "ports are from 1 to " + MOST + ", the first not above the last: " + first + "-" + last);
    }
  }

  /** What {@code text} says, if that is a range. */
  static Optional<PortRange> parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(matcher.group(1));
    int last = Integer.parseInt(matcher.group(2));
    return first < 1 || last < first || last > MOST
        ? Optional.empty()
        : Optional.of(new PortRange(first, last));
  }

  @Override
  public String toString() {
    return first + "-" + last;
  }
}
