/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ui;

import io.cairn.report.ObservedRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The runs of one Spark application, as far as they are known.
 *
 * <p>Threading: safe everywhere; web pages ask while runs go on.
 */
final class RunBoard {

  /** An application that trains for days, model after model, forgets the oldest. */
  private static final int MOST_RUNS = 50;

  private final Map<String, ObservedRun> runs = new LinkedHashMap<>();

  /** A run, which is new here if nobody has asked for it before. */
  synchronized ObservedRun run(String location) {
    ObservedRun known = runs.get(location);
    if (known == null) {
      if (runs.size() == MOST_RUNS) {
        runs.remove(runs.keySet().iterator().next());
      }
      known = new ObservedRun(location);
      runs.put(location, known);
    }
    return known;
  }

  /** Takes what an event log has. */
  void take(RunEvent event) throws IOException {
    ObservedRun run = run(event.run());
    switch (event.kind()) {
      case SETTINGS -> run.settings(event.text());
      case STATUS -> run.status(event.text());
      case METRICS -> run.line(event.text());
    }
  }

  /** The runs, the newest first. */
  synchronized List<ObservedRun> newestFirst() {
    List<ObservedRun> all = new ArrayList<>(runs.values());
    java.util.Collections.reverse(all);
    return all;
  }

  /** The run that a page asks for by its number, counted from the newest; the newest if none. */
  Optional<ObservedRun> numbered(String number) {
    List<ObservedRun> all = newestFirst();
    int index = number != null && number.matches("\\d{1,4}") ? Integer.parseInt(number) : 0;
    return index < all.size() ? Optional.of(all.get(index)) : Optional.empty();
  }
}
