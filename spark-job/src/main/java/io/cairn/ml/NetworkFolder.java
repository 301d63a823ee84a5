/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import io.cairn.json.StrictJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
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
 * The folder that a saved model is: {@code metadata}, as all of Spark ML's, {@code network.zip}, a
 * Deeplearning4j file that {@code MultiLayerNetwork.load} or {@code ComputationGraph.load} reads,
 * and {@code network.json} with what that file does not say.
 *
 * <p>Threading: stateless.
 */
final class NetworkFolder {

  /** The network's file. */
  static final String NETWORK = "network.zip";

  /** What is known of the network that its file does not say. */
  private static final String FACTS = "network.json";

  private NetworkFolder() {}

  /** The content of {@link #FACTS}. */
  private record Facts(Map<String, Integer> numbers) {}

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
      DefaultParamsWriter.saveMetadata(model, path, sc(), Option.empty(), Option.empty());
      write(path, NETWORK, network.network().file());
      String facts = StrictJson.render(new Facts(network.facts()));
      write(path, FACTS, facts.getBytes(StandardCharsets.UTF_8));
    }

    private void write(String path, String name, byte[] content) {
      try {
        Path file = new Path(path, name);
        FileSystem files = file.getFileSystem(hadoop());
        try (OutputStream out = files.create(file, false)) {
          out.write(content);
        }
      } catch (IOException e) {
        throw new UncheckedIOException("writing " + name + " into " + path, e);
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
      Facts facts =
          StrictJson.parse(new String(read(path, FACTS), StandardCharsets.UTF_8), Facts.class);
      M model =
          maker.make(metadata.uid(), new FittedNetwork(read(path, NETWORK), facts.numbers(), null));
      metadata.getAndSetParams(model, Option.empty());
      return model;
    }

    private byte[] read(String path, String name) {
      try {
        Path file = new Path(path, name);
        FileSystem files = file.getFileSystem(sparkSession().sessionState().newHadoopConf());
        try (InputStream in = files.open(file)) {
          return in.readAllBytes();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + name + " in " + path, e);
      }
    }
  }
}
