/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.lang.reflect.Field;
import java.util.Map;
import org.nd4j.imports.converters.DifferentialFunctionClassHolder;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * Puts mended operators into the place of ND4J's own, in its registry of operators by their hash.
 * ND4J makes operators by that registry when it reads a graph, and when it copies one for its
 * derivative.
 *
 * <p>Threading: safe everywhere.
 *
 * <p>Failure: an {@link IllegalStateException} where ND4J is another than expected.
 */
final class Mends {

  private static boolean done;

  private Mends() {}

  /** Once a process. */
  static synchronized void apply() {
    if (done) {
      return;
    }
    try {
      Field registry =
          DifferentialFunctionClassHolder.class.getDeclaredField("customOpHashToClass");
      registry.setAccessible(true);
      @SuppressWarnings("unchecked") // it is declared so
      Map<Long, Class<?>> classes =
          (Map<Long, Class<?>>) registry.get(DifferentialFunctionClassHolder.getInstance());
      replace(classes, new MendedGather());
      replace(classes, new MendedProduct());
      MendedPairs.all().forEach(operator -> replace(classes, operator));
      done = true;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("ND4J keeps its operators elsewhere", e);
    }
  }

  /** An operator takes the place of the class that it extends. */
  private static void replace(Map<Long, Class<?>> classes, DynamicCustomOp mended) {
    Class<?> before = classes.put(mended.opHash(), mended.getClass());
    if (before != mended.getClass().getSuperclass()) {
      throw new IllegalStateException("ND4J's %s is %s".formatted(mended.opName(), before));
    }
  }
}
