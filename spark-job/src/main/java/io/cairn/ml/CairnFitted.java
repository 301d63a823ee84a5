/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.ml;

import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;

/**
 * What the fitted models share: the network, how it came about, and how it is saved.
 *
 * <p>Threading: as Spark ML's own: params are changed by one thread at a time.
 *
 * @param <M> the model itself
 */
public interface CairnFitted<M extends CairnFitted<M>> extends CairnParams, MLWritable {

  /** The network that was fitted. */
  FittedNetwork fittedNetwork();

  /** What transform does with rows that cannot be scored. */
  @SuppressWarnings("unchecked") // M is the class of this
  default M setHandleInvalid(String value) {
    set(handleInvalid(), value);
    return (M) this;
  }

  /** Whether it is known how the model was trained; not after it was loaded. */
  default boolean hasSummary() {
    return fittedNetwork().hasSummary();
  }

  /**
   * How the model was trained.
   *
   * @throws IllegalStateException if that is not known
   */
  default CairnTrainingSummary summary() {
    return fittedNetwork().summary(this);
  }

  @Override
  default MLWriter write() {
    return new NetworkFolder.Writer(this, fittedNetwork());
  }
}
