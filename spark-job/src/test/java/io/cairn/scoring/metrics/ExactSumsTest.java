/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.scoring.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExactSumsTest {

  @Test
  void sumIsTheRoundedTrueOneWhateverTheOrder() {
    Random random = new Random(1);
    List<Double> values = new ArrayList<>();
    BigDecimal exact = BigDecimal.ZERO;
    for (int i = 0; i < 2000; i++) {
      double value = random.nextGaussian() * Math.pow(10, random.nextInt(40) - 20);
      values.add(value);
      exact = exact.add(new BigDecimal(value));
    }
    for (int round = 0; round < 5; round++) {
      Collections.shuffle(values, random);
      ExactSums one = new ExactSums(1);
      ExactSums other = new ExactSums(1);
      values.forEach(value -> (random.nextBoolean() ? one : other).add(0, value));
      one.merge(other);
      assertThat(one.exact(0)).isEqualByComparingTo(exact);
      assertThat(one.value(0)).isEqualTo(exact.doubleValue());
    }
  }

  @Test
  void whatIsRoundedOffIsNotLost() {
    ExactSums sums = new ExactSums(2);
    sums.add(1, 1e16);
    sums.add(1, 1);
    sums.add(1, 1);
    sums.add(1, -1e16);
    assertThat(sums.value(1)).isEqualTo(2);
    assertThat(sums.value(0)).isZero();
  }

  @Test
  void productsAreNotRounded() {
    double tenth = 0.1;
    ExactSums sums = new ExactSums(1);
    sums.addProduct(0, tenth, tenth);
    BigDecimal exact = new BigDecimal(tenth);
    assertThat(sums.exact(0)).isEqualByComparingTo(exact.multiply(exact));
  }
}
