/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import com.esotericsoftware.kryo.Kryo;
import java.util.List;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Registers with Kryo all classes that Cairn's own jobs send between driver and executors, so that
 * a number and not a name travels with each record. What Spark sends in jobs of its own, and what a
 * source sends, nobody can list, so that registration is not required (docs/decisions/0024).
 *
 * <p>Set as {@code spark.kryo.registrator}. The order of the list gives the numbers on the wire,
 * which live no longer than an application: driver and executors run the same jar.
 *
 * <p>Threading: called by Spark for each serializer.
 */
public final class CairnKryoRegistrator implements KryoRegistrator {
  private static final List<String> NAMES =
      List.of(
          "io.cairn.data.source.KeyedRecord",
          "io.cairn.data.source.PartitionSurvey",
          "io.cairn.data.source.BucketCounts",
          "io.cairn.data.source.ProblemCounts",
          "io.cairn.data.source.ProblemCounts$Tally",
          "io.cairn.data.source.ProblemCounts$ProblemKind",
          "io.cairn.data.source.ChannelSums");

  @Override
  public void registerClasses(Kryo kryo) {
    for (String name : NAMES) {
      kryo.register(type(name));
    }
    for (Class<?> type :
        List.of(
            byte[].class,
            byte[][].class,
            int[].class,
            long[].class,
            double[].class,
            Object[].class,
            String[].class,
            java.util.ArrayList.class,
            java.util.HashMap.class)) {
      kryo.register(type);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(name, false, CairnKryoRegistrator.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(name + " is not on the class path", e);
    }
  }
}
