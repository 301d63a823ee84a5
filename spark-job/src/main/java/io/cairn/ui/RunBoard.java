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

  /** A run that begins or goes on: it is the newest now. */
  synchronized ObservedRun begun(String location) {
    ObservedRun known = runs.remove(location);
    if (runs.size() == MOST_RUNS) {
      runs.remove(runs.keySet().iterator().next());
    }
    ObservedRun run = known == null ? new ObservedRun(location) : known;
    runs.put(location, run);
    return run;
  }

  private synchronized ObservedRun known(String location) {
    ObservedRun known = runs.get(location);
    return known == null ? begun(location) : known;
  }

  /** Takes what an event log has. */
  void take(RunEvent event) throws IOException {
    switch (event.kind()) {
      case SETTINGS -> begun(event.run()).settings(event.text());
      case STATUS -> known(event.run()).status(event.text());
      case METRICS -> known(event.run()).line(event.text());
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
