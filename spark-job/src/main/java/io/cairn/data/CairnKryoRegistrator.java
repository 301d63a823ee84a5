/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import com.esotericsoftware.kryo.Kryo;
import io.cairn.data.source.KryoClasses;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * Registers with Kryo the classes that Cairn sends. The classes themselves are listed in {@link
 * KryoClasses}, where they live.
 *
 * <p>This class stays in this package because users' {@code spark-defaults.conf} have its name as
 * {@code spark.kryo.registrator}.
 *
 * <p>Threading: called by Spark for each serializer.
 */
public final class CairnKryoRegistrator implements KryoRegistrator {
  @Override
  public void registerClasses(Kryo kryo) {
    KryoClasses.register(kryo);
  }
}
