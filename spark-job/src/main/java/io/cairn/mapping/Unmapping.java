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
 * Unmaps a memory-mapped file immediately. Otherwise the garbage collector would do it at some
 * later time, and the disk space of deleted files would pile up over the attempts of one executor.
 *
 * <p>Neither Java 17 nor 21 has a public call for this. {@code sun.misc.Unsafe.invokeCleaner} is
 * what the module {@code jdk.unsupported} exports for the purpose (Lucene and Netty use it too).
 *
 * <p>Threading: any thread, once per buffer, and only when nothing will read from the buffer again.
 * An access to an unmapped buffer crashes the virtual machine.
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
