/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import io.cairn.settings.Problem;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * One layer that the settings describe by itself, in the words of {@code model.layers}, to be put
 * into a model that is there already.
 *
 * <p>Threading: stateless; a loss with weights makes arrays.
 */
public final class DescribedLayer {

  private DescribedLayer() {}

  /** Everything that does not fit whatever model it goes into, with file and line. */
  public static List<Problem> problems(Described entry) {
    try {
      make(entry);
      return List.of();
    } catch (MisfitException e) {
      return List.of(e.problem());
    }
  }

  /**
   * The layer, with the name that it was given. What is said of neither it nor by Deeplearning4j's
   * builder of it is null or NaN.
   *
   * @throws DescriptionException with what does not fit
   */
  public static Layer read(Described entry) {
    try {
      return make(entry);
    } catch (MisfitException e) {
      throw new DescriptionException(List.of(e.problem()));
    }
  }

  private static Layer make(Described described) throws MisfitException {
    Entry entry = Entry.read(described);
    if (entry.inputs().isPresent() || entry.preProcessor().isPresent()) {
      throw new MisfitException(
          described,
          "takes what stands before it in the model, and says inputs or preprocessor",
          "leave them out");
    }
    return entry.layer();
  }
}
