/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.lang.reflect.Field;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Catches up where a program started ND4J before Cairn could say with which parts ({@link
 * ComputeDevice#prepareProcess}): a program that trains in local mode has made its network before.
 * ND4J keeps its parts in fields that it asks each time, so they can be exchanged for those that
 * Cairn would have named. They compute the same, but for what {@link RememberingExecutioner} puts
 * right.
 *
 * <p>Threading: safe everywhere; operations that are under way end as they began.
 *
 * <p>Failure: {@link IllegalStateException} if ND4J is not built as this class expects, which means
 * another version of it.
 */
final class LateStart {

  private static final Logger LOG = LoggerFactory.getLogger(LateStart.class);

  /** By name, because it cannot be loaded with the CUDA build of ND4J. */
  private static final String PLAIN = "org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner";

  private static final String PLAIN_SHAPES =
      "org.nd4j.linalg.cpu.nativecpu.DirectShapeInfoProvider";

  private LateStart() {}

  /** Whether it is the one that ND4J starts with where nobody names any. */
  static boolean isLate(OpExecutioner executioner) {
    return executioner.getClass().getName().equals(PLAIN)
        && !PLAIN.equals(System.getProperty("opexec"));
  }

  /** Puts Cairn's parts in the place of ND4J's own. */
  static synchronized void catchUp() {
    if (!isLate(Nd4j.getExecutioner())) {
      return;
    }
    if (Nd4j.getShapeInfoProvider().getClass().getName().equals(PLAIN_SHAPES)) {
      put("shapeInfoProvider", new RememberedShapes());
    }
    put("OP_EXECUTIONER_INSTANCE", new RememberingExecutioner());
    LOG.info("ND4J was started before Cairn: its executioner and its cache of shapes are replaced");
  }

  private static void put(String name, Object part) {
    try {
      Field field = Nd4j.class.getDeclaredField(name);
      field.setAccessible(true);
      field.set(null, part);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("ND4J's " + name + " is out of reach", e);
    }
  }
}
