/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mapping;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.MappedByteBuffer;

/**
 * Unmaps a file at once instead of at some later garbage collection, so that the space of unlinked
 * files does not pile up over the attempts of one executor. Java 17 has no public call for it;
 * {@code sun.misc.Unsafe.invokeCleaner} is the one that the module {@code jdk.unsupported} exports
 * for the purpose (as used by Lucene and Netty).
 *
 * <p>Threading: any thread, once a buffer, when nothing reads from it or ever will: the virtual
 * machine does not survive an access to a buffer that has been unmapped.
 */
public final class Unmapping {
  private Unmapping() {}

  /**
   * Ends {@code mapping}, which {@code FileChannel.map} returned; ownership passes.
   *
   * @throws IllegalStateException if this Java runtime cannot do it
   */
  public static void unmap(MappedByteBuffer mapping) {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      Method invokeCleaner = unsafe.getMethod("invokeCleaner", java.nio.ByteBuffer.class);
      invokeCleaner.invoke(instance.get(null), mapping);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("cannot unmap a file", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java runtime cannot unmap a file", e);
    }
  }
}
