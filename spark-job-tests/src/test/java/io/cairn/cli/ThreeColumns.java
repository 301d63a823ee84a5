/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Settings of a model that is to tell two classes by three random columns, with its data. */
final class ThreeColumns {

  private static final int ROWS = 64;

  private ThreeColumns() {}

  /**
   * Writes model, data and settings.
   *
   * @param name of the files
   * @param model Deeplearning4j's JSON
   * @param batch what stands in the block of that name
   */
  static Path settings(Path folder, String name, String model, String batch) throws IOException {
    Files.writeString(folder.resolve(name + ".json"), model);
    Random random = new Random(4);
    StringBuilder rows = new StringBuilder("a,b,c,y\n");
    for (int row = 0; row < ROWS; row++) {
      for (int column = 0; column < 3; column++) {
        rows.append("%.3f,".formatted(random.nextGaussian()));
      }
      rows.append(random.nextInt(2)).append('\n');
    }
    Files.writeString(folder.resolve("data.csv"), rows);
    return Files.writeString(
        folder.resolve(name + ".conf"),
        """
        model.source = "%1$s/%2$s.json"
        data {
          train {
            path = "%1$s/data.csv"
            format = csv
            options { header = true, inferSchema = true }
          }
          features = [a, b, c]
          label = y
          classes = 2
        }
        batch { %3$s }
        train { epochs = 1 }
        output = "%1$s/run"
        """
            .formatted(folder, name, batch));
  }
}
