/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.json4s.JsonAST;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.math.BigInt;

/**
 * The folder that a saved model is: {@code metadata}, as all of Spark ML's, and {@code
 * network.zip}, a Deeplearning4j file that {@code MultiLayerNetwork.load} or {@code
 * ComputationGraph.load} reads.
 *
 * <p>Threading: stateless.
 */
final class NetworkFolder {

  /** The network's file. */
  static final String NETWORK = "network.zip";

  private NetworkFolder() {}

  /** Makes a model of what was saved of it. */
  @FunctionalInterface
  interface Maker<M> {
    /** The model, without its params. */
    M make(String uid, FittedNetwork network);
  }

  /** Writes a model. */
  static final class Writer extends MLWriter {
    private final Params model;
    private final FittedNetwork network;

    Writer(Params model, FittedNetwork network) {
      this.model = model;
      this.network = network;
    }

    @Override
    public void saveImpl(String path) {
      DefaultParamsWriter.saveMetadata(
          model, path, sc(), Option.apply(json(network.facts())), Option.empty());
      try {
        Path file = new Path(path, NETWORK);
        FileSystem files = file.getFileSystem(hadoop());
        try (OutputStream out = files.create(file, false)) {
          out.write(network.network().file());
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException("writing " + NETWORK + " into " + path, e);
      }
    }

    private Configuration hadoop() {
      return sparkSession().sessionState().newHadoopConf();
    }
  }

  /** Reads what a writer wrote. */
  static final class Reader<M extends Params> extends MLReader<M> {
    private final Class<M> type;
    private final Maker<M> maker;

    Reader(Class<M> type, Maker<M> maker) {
      this.type = type;
      this.maker = maker;
    }

    @Override
    public M load(String path) {
      DefaultParamsReader.Metadata metadata =
          DefaultParamsReader.loadMetadata(path, sc(), type.getName());
      M model =
          maker.make(
              metadata.uid(), new FittedNetwork(network(path), facts(metadata.metadata()), null));
      metadata.getAndSetParams(model, Option.empty());
      return model;
    }

    private byte[] network(String path) {
      try {
        Path file = new Path(path, NETWORK);
        FileSystem files = file.getFileSystem(sparkSession().sessionState().newHadoopConf());
        try (InputStream in = files.open(file)) {
          return in.readAllBytes();
        }
      } catch (IOException e) {
        throw new java.io.UncheckedIOException("reading " + NETWORK + " in " + path, e);
      }
    }
  }

  private static JsonAST.JObject json(Map<String, Integer> facts) {
    List<Tuple2<String, JsonAST.JValue>> fields = new ArrayList<>();
    facts.forEach(
        (name, value) -> fields.add(new Tuple2<>(name, new JsonAST.JInt(BigInt.apply(value)))));
    return new JsonAST.JObject(JavaConverters.asScalaBuffer(fields).toList());
  }

  private static Map<String, Integer> facts(JsonAST.JValue metadata) {
    Map<String, Integer> facts = new TreeMap<>();
    for (Tuple2<String, JsonAST.JValue> field :
        JavaConverters.seqAsJavaList(((JsonAST.JObject) metadata).obj())) {
      if (field._2() instanceof JsonAST.JInt number) {
        facts.put(field._1(), number.num().intValue());
      }
    }
    facts.remove("timestamp");
    return facts;
  }
}
