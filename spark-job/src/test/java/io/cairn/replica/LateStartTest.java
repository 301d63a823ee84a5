/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.cpu.nativecpu.ops.NativeOpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/** A program has made its network before Cairn was asked for anything. */
class LateStartTest {

  private static final String PROPERTY = "opexec";

  private OpExecutioner before;
  private String named;

  @BeforeEach
  void startAsAProgramDoes() throws ReflectiveOperationException {
    before = Nd4j.getExecutioner();
    named = System.clearProperty(PROPERTY);
    put(new NativeOpExecutioner());
  }

  @AfterEach
  void putBack() throws ReflectiveOperationException {
    put(before);
    Nd4j.getEnvironment().allowHelpers(true);
    if (named == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, named);
    }
  }

  @Test
  void oneDnnStaysOnWithTheExecutionerThatArrangesArrays() {
    ComputeDevice.prepareProcess();
    ComputeDevice.bind(Optional.empty());
    assertThat(ComputeDevice.handicaps()).noneMatch(sentence -> sentence.contains("oneDNN"));
    LayerHelpers.requireArrangedArrays(Nd4j.getExecutioner());
    assertThat(Nd4j.getExecutioner()).isInstanceOf(RememberingExecutioner.class);
    assertThat(Nd4j.getShapeInfoProvider()).isInstanceOf(RememberedShapes.class);
    assertThat(Nd4j.getEnvironment().helpersAllowed()).isTrue();
    assertThat(Nd4j.eye(3).mmul(Nd4j.ones(3, 2)).sumNumber().doubleValue()).isEqualTo(6);
  }

  @Test
  void plainExecutionerThatSomebodyNamedStaysAndOneDnnGoes() {
    System.setProperty(PROPERTY, NativeOpExecutioner.class.getName());
    ComputeDevice.prepareProcess();
    ComputeDevice.bind(Optional.empty());
    assertThat(ComputeDevice.handicaps())
        .anyMatch(sentence -> sentence.contains("without oneDNN, which is right but slower"));
    LayerHelpers.requireArrangedArrays(Nd4j.getExecutioner());
    assertThat(Nd4j.getExecutioner()).isExactlyInstanceOf(NativeOpExecutioner.class);
    assertThat(Nd4j.getEnvironment().helpersAllowed()).isFalse();
  }

  private static void put(OpExecutioner executioner) throws ReflectiveOperationException {
    Field field = Nd4j.class.getDeclaredField("OP_EXECUTIONER_INSTANCE");
    field.setAccessible(true);
    field.set(null, executioner);
  }
}
