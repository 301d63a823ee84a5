/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.keras;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.nd4j.linalg.learning.regularization.L1Regularization;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Keras's L1 and L2 penalties. Keras adds l2 times the sum of squares to the loss, DL4J half of
 * that, so its coefficient is twice Keras's.
 *
 * <p>Threading: any thread.
 *
 * <p>Failure: {@link io.cairn.replica.ModelException} for any other regularizer.
 */
final class KerasRegularizers {

  /** What a mere name stands for in Keras. */
  private static final double DEFAULT = 0.01;

  private KerasRegularizers() {}

  /**
   * The penalties on one parameter, in DL4J's terms; empty if there is none.
   *
   * @param layer a layer's configuration
   * @param key {@code kernel_regularizer} or the like
   */
  static List<Regularization> regularization(KerasConfig layer, String key) {
    Optional<KerasObject> given = layer.optionalSerialized(key);
    if (given.isEmpty()) {
      return List.of();
    }
    KerasObject regularizer = given.get();
    KerasConfig config = regularizer.config();
    // L1, l1, L1L2, l1_l2: which of the two it has shows in its arguments.
    String name = regularizer.className().toLowerCase(Locale.ROOT).replace("_", "");
    boolean bare = !config.has("l1") && !config.has("l2");
    double l1 = config.number("l1", bare && name.equals("l1") ? DEFAULT : 0);
    double l2 = config.number("l2", bare && name.equals("l2") ? DEFAULT : 0);
    if (!List.of("l1", "l2", "l1l2").contains(name)) {
      throw layer.refused(key, "L1, L2 and L1L2");
    }
    List<Regularization> penalties = new ArrayList<>();
    if (l1 != 0) {
      penalties.add(new L1Regularization(l1));
    }
    if (l2 != 0) {
      penalties.add(new L2Regularization(2 * l2));
    }
    return penalties;
  }

  /** Refuses a penalty that DL4J has no place for. */
  static void refuse(KerasConfig layer, String... keys) {
    for (String key : keys) {
      layer.expect(key);
    }
  }

  /**
   * The penalties of several parameters for which DL4J has one setting.
   *
   * @param keys the first one's are taken; the others must be the same
   */
  static List<Regularization> same(KerasConfig layer, String... keys) {
    List<Regularization> first = regularization(layer, keys[0]);
    for (String key : keys) {
      if (!regularization(layer, key).equals(first)) {
        throw layer.refused(key, "the same as " + keys[0] + ", because DL4J has one for both");
      }
    }
    return first;
  }
}
