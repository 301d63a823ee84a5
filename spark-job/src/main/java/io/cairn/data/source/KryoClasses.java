/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import com.esotericsoftware.kryo.Kryo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * The classes that Cairn's own jobs send between driver and executors. They are registered with
 * Kryo, so that each record carries a number instead of a class name.
 *
 * <p>Registration is not required of other classes, because nobody can list what Spark sends in
 * jobs of its own, and what a source sends (docs/decisions/0024).
 *
 * <p>The order of the list gives the numbers. They are used only within an application, and its
 * driver and executors run the same jar.
 *
 * <p>Threading: called by Spark for each serializer.
 */
public final class KryoClasses {

  private static final List<Class<?>> SENT =
      List.of(
          KeyedRecord.class,
          PartitionSurvey.class,
          BucketCounts.class,
          ProblemCounts.class,
          ProblemCounts.Tally.class,
          ProblemCounts.ProblemKind.class,
          ChannelSums.class,
          byte[].class,
          byte[][].class,
          int[].class,
          long[].class,
          double[].class,
          Object[].class,
          String[].class,
          ArrayList.class,
          HashMap.class);

  private KryoClasses() {}

  /** Registers them. */
  public static void register(Kryo kryo) {
    SENT.forEach(kryo::register);
  }
}
