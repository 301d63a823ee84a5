/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExampleLayoutTest {
  private static final Field INPUT = Field.vector("x", Field.Role.INPUT, 3);
  private static final Field OUTPUT = Field.classIndex("y", Field.Role.OUTPUT, 4);

  @Test
  void fieldsStandOneAfterTheOther() {
    Field sequence = Field.sequence("s", Field.Role.INPUT, 2, 5);
    Field tags = Field.classSequence("t", Field.Role.OUTPUT, 7, 5);
    ExampleLayout layout =
        new ExampleLayout(ElementKind.FLOAT64, List.of(INPUT, sequence, OUTPUT, tags));
    assertThat(layout.offset(0)).isZero();
    assertThat(layout.offset(1)).isEqualTo(24);
    assertThat(layout.offset(2)).isEqualTo(24 + 80 + 4);
    assertThat(layout.offset(3)).isEqualTo(108 + 4);
    assertThat(layout.recordBytes()).isEqualTo(112 + 20 + 4);
    assertThat(layout.inputs()).containsExactly(INPUT, sequence);
    assertThat(layout.outputs()).containsExactly(OUTPUT, tags);
  }

  @Test
  void impossibleLayoutsAreRefused() {
    assertThatThrownBy(() -> new ExampleLayout(ElementKind.FLOAT32, List.of(OUTPUT)))
        .hasMessage("an example has at least one input");
    assertThatThrownBy(() -> new ExampleLayout(ElementKind.FLOAT32, List.of(INPUT, OUTPUT, INPUT)))
        .hasMessage("the inputs of an example stand before its outputs");
    assertThatThrownBy(
            () ->
                new ExampleLayout(
                    ElementKind.FLOAT64,
                    List.of(Field.vector("x", Field.Role.INPUT, 1 << 26), OUTPUT)))
        .hasMessage("an example of 536870916 bytes is larger than the limit of 268435456");
    assertThatThrownBy(() -> Field.vector("x", Field.Role.INPUT, 0))
        .hasMessage("x: every dimension must be at least 1: [0]");
    assertThatThrownBy(() -> Field.classIndex("y", Field.Role.OUTPUT, 1))
        .hasMessage("classes must be at least 2, not 1");
  }

  @Test
  void aConstantChannelIsShiftedAndNotStretched() {
    Scaling.Statistics constant =
        new Scaling.Statistics(List.of(5.0), List.of(0.0), List.of(5.0), List.of(5.0));
    for (Scaling.Method method : List.of(Scaling.Method.STANDARD, Scaling.Method.MIN_MAX)) {
      Scaling scaling = Scaling.fitted(method, List.of(constant));
      assertThat(scaling.shift(0, 0)).isEqualTo(5);
      assertThat(scaling.factor(0, 0)).isEqualTo(1);
    }
  }

  @Test
  void aScalingThatIsNoneIsRefused() {
    assertThatThrownBy(() -> Scaling.times(0))
        .hasMessage("a scaling's factor is finite and not 0, not 0.0");
    assertThatThrownBy(() -> Scaling.times(Double.NaN))
        .hasMessage("a scaling's factor is finite and not 0, not NaN");
    assertThatThrownBy(() -> Scaling.fitted(Scaling.Method.STANDARD, List.of()))
        .hasMessage("STANDARD has statistics of 0 inputs");
  }
}
