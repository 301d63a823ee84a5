/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.telemetry.tracking;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Event files of a run, as TensorBoard reads them: in the order of their names, which begin with
 * the second in which each was begun.
 *
 * <p>Threading: one thread.
 */
final class EventFiles {

  private static final Pattern NAME =
      Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\.[0-9a-f]+\\.cairn");
  private static final int OWN_DIGITS = 8;

  private final TrackerFiles files;

  EventFiles(TrackerFiles files) {
    this.files = files;
  }

  /** The last step of which a reader of all of them has everything; 0 for none. */
  long complete() throws IOException {
    List<String> names = names();
    // A start in a later file takes back what is in an earlier one.
    long most = Long.MAX_VALUE;
    for (int i = names.size() - 1; i >= 0; i--) {
      Content content = content(names.get(i));
      if (content.last() > 0) {
        // Of a last step that nothing follows, the validation may be missing.
        long complete = content.isStopped() ? content.last() : content.last() - 1;
        return Math.max(0, Math.min(complete, most));
      }
      most = Math.min(most, content.before());
    }
    return 0;
  }

  /** A name that comes after all those that are there. */
  String next(long epochSeconds) throws IOException {
    List<String> names = names();
    long second = epochSeconds;
    if (!names.isEmpty()) {
      Matcher newest = NAME.matcher(names.get(names.size() - 1));
      if (newest.matches()) {
        second = Math.max(second, Long.parseLong(newest.group(1)) + 1);
      }
    }
    // Another driver may begin one in the same second.
    String own = UUID.randomUUID().toString().substring(0, OWN_DIGITS);
    return "events.out.tfevents.%010d.%s.cairn".formatted(second, own);
  }

  private List<String> names() throws IOException {
    return files.names().stream().filter(name -> NAME.matcher(name).matches()).sorted().toList();
  }

  /**
   * What a file adds.
   *
   * @param last the last step of which it has values; 0 for none
   * @param before up to where it leaves what is in earlier files
   * @param isStopped whether its last record says that this is all
   */
  private record Content(long last, long before, boolean isStopped) {}

  private Content content(String name) throws IOException {
    long last = 0;
    long before = Long.MAX_VALUE;
    boolean isStopped = false;
    Optional<InputStream> file = files.open(name);
    if (file.isEmpty()) {
      return new Content(0, before, false);
    }
    try (InputStream in = new BufferedInputStream(file.get(), 1 << 16)) {
      for (Optional<EventRecord.Read> next = EventRecord.read(in);
          next.isPresent();
          next = EventRecord.read(in)) {
        long step = next.get().step();
        isStopped = next.get().what() == EventRecord.What.STOP;
        switch (next.get().what()) {
          case SCALARS -> last = step;
          case START -> {
            before = Math.min(before, step - 1);
            last = Math.min(last, step - 1);
          }
          case STOP, OTHER -> {}
        }
      }
    }
    return new Content(last, before, isStopped);
  }
}
