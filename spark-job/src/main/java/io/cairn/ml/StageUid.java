/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.util.Objects;

/**
 * The uid of a stage while its constructor runs.
 *
 * <p>Spark's base classes make their params in their own constructors, each with the stage's uid as
 * its parent, and so ask for it before a Java class has any field. Scala's classes have theirs by
 * then; here it waits where the constructor's thread finds it:
 *
 * <pre>{@code
 * public Stage(String uid) { this(StageUid.begin(uid)); }
 *
 * private Stage(StageUid begun) { this.uid = begun.end(); }
 *
 * public String uid() { return uid == null ? StageUid.begun() : uid; }
 * }</pre>
 *
 * <p>Threading: what begins in a thread ends in it.
 */
final class StageUid {
  private static final ThreadLocal<String> BEGUN = new ThreadLocal<>();

  private final String uid;

  private StageUid(String uid) {
    this.uid = uid;
  }

  /** Before the base class's constructor runs. */
  static StageUid begin(String uid) {
    BEGUN.set(Objects.requireNonNull(uid, "uid"));
    return new StageUid(uid);
  }

  /** While it runs. */
  static String begun() {
    return BEGUN.get();
  }

  /** After it has run: the uid, which is the stage's own to keep from here on. */
  String end() {
    BEGUN.remove();
    return uid;
  }
}
