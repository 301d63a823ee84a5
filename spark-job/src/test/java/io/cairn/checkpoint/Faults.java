/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Counts a file system's operations, and lets one of them go wrong, or somebody else act. */
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

  /** What somebody else does meanwhile. */
  @FunctionalInterface
  interface Other {
    /** Does it, on the same file system, on which nothing goes wrong. */
    void act(MemoryFileSystem there) throws IOException;
  }

  /** Nothing goes wrong. */
  static Faults none() {
    return new Faults();
  }

  /**
   * @param operation which, from 0
   */
  static Faults at(Kind kind, long operation) {
    return new Faults(kind, operation, operations -> false, there -> {});
  }

  /**
   * Nothing goes wrong, but somebody else acts, once.
   *
   * @param when before the first operation of which it says so; it is given all so far, that one
   *     last
   */
  static Faults meanwhile(Predicate<List<String>> when, Other other) {
    return new Faults(Kind.FAILS, -1, when, other);
  }

  /** The last of the operations so far. */
  static String last(List<String> operations) {
    return operations.get(operations.size() - 1);
  }

  /** The process is gone; not an Exception, so that nobody handles it. */
  static final class ProcessDied extends Error {
    private static final long serialVersionUID = 1L;
  }

  private Kind kind;
  private long operation;
  private final Predicate<List<String>> when;
  private final Other other;
  private final List<String> done = new ArrayList<>();
  private boolean acted;
  private MemoryFileSystem there;

  /** Nothing goes wrong but what a subclass says. */
  Faults() {
    this(Kind.FAILS, -1, operations -> false, there -> {});
  }

  private Faults(Kind kind, long operation, Predicate<List<String>> when, Other other) {
    this.kind = kind;
    this.operation = operation;
    this.when = when;
    this.other = other;
  }

  /** Lets the process die when it has done so many more. */
  void dieAfter(long operations) {
    kind = Kind.PROCESS_DIES;
    operation = done.size() + operations;
  }

  /** Says whose operations they are. */
  void of(MemoryFileSystem fileSystem) {
    there = fileSystem;
  }

  /** Called at the beginning of an operation; returns if it may happen. */
  void on(String what) throws IOException {
    int now = done.size();
    done.add(what);
    if (!acted && when.test(operations())) {
      acted = true;
      other.act(there);
    }
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
