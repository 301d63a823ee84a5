/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.MappedByteBuffer;

/**
 * Unmaps a file at once instead of at some later garbage collection, so that the disk space of an
 * unlinked shard does not pile up over the attempts of one executor. Java 17 has no public call for
 * it; {@code sun.misc.Unsafe.invokeCleaner} is the one that the module {@code jdk.unsupported}
 * exports for the purpose (as used by Lucene and Netty).
 *
 * <p>Threading: any thread, once a buffer, when nothing reads from it.
 */
final class Unmapping {
  private Unmapping() {}

  static void unmap(MappedByteBuffer mapping) {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      Method invokeCleaner = unsafe.getMethod("invokeCleaner", java.nio.ByteBuffer.class);
      invokeCleaner.invoke(instance.get(null), mapping);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("cannot unmap a shard", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java runtime cannot unmap a file", e);
    }
  }
}
