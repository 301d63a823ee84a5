/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import com.esotericsoftware.kryo.Kryo;
import io.cairn.data.source.KryoClasses;
import org.apache.spark.serializer.KryoRegistrator;

/**
 * What {@code spark.kryo.registrator} names, in Cairn's own settings of Spark and in those of
 * users, so that this name stays. What it registers lives in {@code data.source}.
 *
 * <p>Threading: called by Spark for each serializer.
 */
public final class CairnKryoRegistrator implements KryoRegistrator {
  @Override
  public void registerClasses(Kryo kryo) {
    KryoClasses.register(kryo);
  }
}
