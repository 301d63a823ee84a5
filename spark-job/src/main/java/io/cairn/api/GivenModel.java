/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.api;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Updater;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.updater.graph.ComputationGraphUpdater;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model that a program gives, as the file that it would be.
 *
 * <p>Threading: stateless.
 */
final class GivenModel {

  private static final int DIGITS = 16;

  private GivenModel() {}

  /** Bytes of its parameters and of its updater's state. */
  static long stateBytes(MultiLayerNetwork network) {
    Updater updater = network.getUpdater(false);
    return stateBytes(network, updater == null ? null : updater.getStateViewArray());
  }

  /** Bytes of its parameters and of its updater's state. */
  static long stateBytes(ComputationGraph network) {
    ComputationGraphUpdater updater = network.getUpdater(false);
    return stateBytes(network, updater == null ? null : updater.getStateViewArray());
  }

  private static long stateBytes(Model network, INDArray state) {
    long values = network.params().length() + (state == null ? 0 : state.length());
    return values * network.params().dataType().width();
  }

  /** The network's file. */
  static byte[] bytes(Model network) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ModelSerializer.writeModel(network, out, true);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /** The same for the same model: an archive's entries count, not when they were packed. */
  static String digest(byte[] file) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      Map<String, byte[]> entries = entries(file);
      if (entries.isEmpty()) {
        digest.update(file);
      }
      entries.forEach(
          (name, content) -> {
            digest.update(name.getBytes(StandardCharsets.UTF_8));
            digest.update(content);
          });
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    } catch (IOException | IllegalArgumentException e) {
      // A damaged archive is told by who reads the model.
      return "damaged";
    }
  }

  /** The configuration in an archive; empty if there is none. */
  static String configuration(byte[] archive) throws IOException {
    byte[] json = entries(archive).get(ModelSerializer.CONFIGURATION_JSON);
    return json == null ? "" : new String(json, StandardCharsets.UTF_8);
  }

  private static Map<String, byte[]> entries(byte[] archive) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }
}
