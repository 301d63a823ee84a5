/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Counts a file system's operations, and lets one of them go wrong. */
class Faults {

  /** What goes wrong. */
  enum Kind {
    /** That one operation fails, and the next ones work. */
    FAILS,
    /** The process ends there: it and all later ones do nothing. */
    PROCESS_DIES,
    /** What is written is not what was given, and nothing says so. */
    WRITES_WRONG_BYTES
  }

  /** Nothing goes wrong. */
  static Faults none() {
    return new Faults(Kind.FAILS, -1);
  }

  /**
   * @param operation which, from 0
   */
  static Faults at(Kind kind, long operation) {
    return new Faults(kind, operation);
  }

  /** The process is gone; not an Exception, so that nobody handles it. */
  static final class ProcessDied extends Error {
    private static final long serialVersionUID = 1L;
  }

  private final Kind kind;
  private final long operation;
  private final List<String> done = new ArrayList<>();

  Faults(Kind kind, long operation) {
    this.kind = kind;
    this.operation = operation;
  }

  /** Called at the beginning of an operation; returns if it may happen. */
  void on(String what) throws IOException {
    int now = done.size();
    done.add(what);
    if (operation < 0) {
      return;
    }
    if (kind == Kind.PROCESS_DIES && now >= operation) {
      throw new ProcessDied();
    }
    if (kind == Kind.FAILS && now == operation) {
      throw new IOException("injected: " + what);
    }
  }

  /** Whether the operation that begins next is the one that goes wrong in this way. */
  boolean isNext(Kind wrong) {
    return done.size() == operation && kind == wrong;
  }

  /** What was asked for so far. */
  List<String> operations() {
    return List.copyOf(done);
  }
}
