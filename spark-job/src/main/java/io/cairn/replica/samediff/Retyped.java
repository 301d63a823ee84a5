/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.samediff;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.nd4j.linalg.api.ops.impl.transforms.dtype.Cast;

/**
 * Lets a graph compute in another floating point type. SameDiff's own {@code convertDataTypes}
 * fails where the graph has a cast.
 *
 * <p>Threading: one thread.
 *
 * <p>Failure: an {@link IllegalStateException} where ND4J is another than expected. What the
 * operators make of the type shows when they compute.
 */
final class Retyped {

  private Retyped() {}

  /** Changes a graph that has not been differentiated. */
  static void to(DataType wanted, SameDiff graph) {
    DataType before = wanted == DataType.DOUBLE ? DataType.FLOAT : DataType.DOUBLE;
    for (SDVariable variable : graph.variables()) {
      if (variable.dataType() != before) {
        continue;
      }
      Optional<INDArray> array =
          variable.getVariableType() == VariableType.VARIABLE
                  || variable.getVariableType() == VariableType.CONSTANT
              ? Optional.of(variable.getArr())
              : Optional.empty();
      variable.setDataType(wanted);
      array.ifPresent(it -> graph.setArrayForVariable(variable.name(), it.castTo(wanted)));
    }
    for (SameDiffOp each : graph.getOps().values()) {
      DifferentialFunction op = each.getOp();
      if (op instanceof DynamicCustomOp custom) {
        arguments(custom, before, wanted);
      }
      if (op instanceof Cast cast) {
        target(cast, before, wanted);
      }
      if (op instanceof ScalarOp scalar
          && scalar.scalar() != null
          && scalar.scalar().dataType() == before) {
        scalar.setScalar(scalar.scalar().castTo(wanted));
      }
    }
  }

  private static void arguments(DynamicCustomOp op, DataType before, DataType wanted) {
    List<DataType> types = field(DynamicCustomOp.class, "dArguments", op);
    types.replaceAll(type -> type == before ? wanted : type);
  }

  private static void target(Cast cast, DataType before, DataType wanted) {
    List<Long> numbers = field(DynamicCustomOp.class, "iArguments", cast);
    long from = FlatBuffersMapper.getDataTypeAsByte(before);
    long to = FlatBuffersMapper.getDataTypeAsByte(wanted);
    numbers.replaceAll(number -> number == from ? Long.valueOf(to) : number);
    try {
      Field field = Cast.class.getDeclaredField("typeDst");
      field.setAccessible(true);
      if (field.get(cast) == before) {
        field.set(cast, wanted);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("ND4J's cast keeps its type elsewhere", e);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // declared so by ND4J
  private static <T> T field(Class<?> of, String name, Object object) {
    try {
      Field field = of.getDeclaredField(name);
      field.setAccessible(true);
      return (T) field.get(object);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("ND4J keeps an operator's arguments elsewhere", e);
    }
  }
}
