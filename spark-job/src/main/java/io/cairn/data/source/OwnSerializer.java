/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import io.cairn.data.CairnKryoRegistrator;
import java.nio.ByteBuffer;
import java.util.Comparator;
import org.apache.spark.Partitioner;
import org.apache.spark.ShuffleDependency;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.rdd.ShuffledRDD;
import org.apache.spark.serializer.KryoSerializer;
import scala.Product2;
import scala.math.Ordering$;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * How what Cairn's own jobs send is written, whatever serializer the session has: a session that is
 * not ours may have one that does not know our classes, and refuses those it does not know.
 *
 * <p>Threading: stateless; an instance is made for each use.
 */
final class OwnSerializer {

  private static final ClassTag<Object> ANYTHING = ClassTag$.MODULE$.Object();

  private OwnSerializer() {}

  private static KryoSerializer kryo() {
    return new KryoSerializer(
        new SparkConf(false)
            .set("spark.kryo.registrator", CairnKryoRegistrator.class.getName())
            // Nothing of ours is part of itself.
            .set("spark.kryo.referenceTracking", "false")
            // An example may be a quarter of this; Kryo's own limit would end a job with a riddle.
            .set("spark.kryoserializer.buffer.max", "1g"));
  }

  /** An object of ours as bytes, which every serializer knows. */
  static byte[] write(Object ours) {
    ByteBuffer written = kryo().newInstance().serialize(ours, ANYTHING);
    byte[] bytes = new byte[written.remaining()];
    written.get(bytes);
    return bytes;
  }

  /** The object that {@link #write} wrote. */
  static <T> T read(byte[] bytes, Class<T> type) {
    KryoSerializer kryo = kryo();
    kryo.setDefaultClassLoader(type.getClassLoader());
    return type.cast(kryo.newInstance().deserialize(ByteBuffer.wrap(bytes), ANYTHING));
  }

  /** A shuffle that sends pairs to the partitions of their keys, sorted by these in each. */
  @SuppressWarnings("unchecked") // The only dependency of a shuffled RDD is its shuffle.
  static <K, V> ShuffleDependency<K, V, V> sorted(
      JavaPairRDD<K, V> pairs, Partitioner partitioner, Comparator<K> order) {
    @SuppressWarnings("rawtypes") // A pair is a product of two.
    RDD<Product2<K, V>> products = (RDD) pairs.rdd();
    ClassTag<K> keys = ClassTag$.MODULE$.apply(Object.class);
    ClassTag<V> values = ClassTag$.MODULE$.apply(Object.class);
    ShuffledRDD<K, V, V> sorted =
        new ShuffledRDD<K, V, V>(products, partitioner, keys, values, values)
            .setKeyOrdering(Ordering$.MODULE$.comparatorToOrdering(order))
            .setSerializer(kryo());
    return (ShuffleDependency<K, V, V>) sorted.dependencies().head();
  }
}
