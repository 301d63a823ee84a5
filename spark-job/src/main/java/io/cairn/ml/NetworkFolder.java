/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWriter;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import scala.Option;

/**
 * The folder that a saved model is: {@code metadata}, as all of Spark ML's, and {@code network.zip},
 * a Deeplearning4j file that {@code MultiLayerNetwork.load} or {@code ComputationGraph.load} reads.
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
    M make(String uid, byte[] network);
  }

  /** Writes a model. */
  static final class Writer extends MLWriter {
    private final Params model;
    private final byte[] network;

    Writer(Params model, byte[] network) {
      this.model = model;
      this.network = network;
    }

    @Override
    public void saveImpl(String path) {
      DefaultParamsWriter.saveMetadata(model, path, sc(), Option.empty(), Option.empty());
      try {
        Path file = new Path(path, NETWORK);
        FileSystem files = file.getFileSystem(hadoop());
        try (OutputStream out = files.create(file, false)) {
          out.write(network);
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
      M model = maker.make(metadata.uid(), network(path));
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
}
