/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.annotation.JsonTypeInfo;
import org.nd4j.shade.jackson.databind.JavaType;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.introspect.BeanPropertyDefinition;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * Makes an object of a class without a builder: what the class has by default, as Deeplearning4j's
 * JSON, with what is given put in, and read by Deeplearning4j's own reader.
 *
 * <p>What a class has no default for must be given: its reader would take zero for it, and not say
 * so.
 *
 * <p>Threading: one thread.
 */
final class JsonAssembly implements Assembly {

  private static final String SCHEDULE = "Schedule";

  private final ObjectMapper mapper = NeuralNetConfiguration.mapper();
  private final Class<?> type;
  private final Map<String, JavaType> properties = new TreeMap<>();

  JsonAssembly(Class<?> type) {
    this.type = type;
    JavaType java = mapper.constructType(type);
    Set<String> written = new TreeSet<>();
    for (BeanPropertyDefinition property :
        mapper.getSerializationConfig().introspect(java).findProperties()) {
      if (property.couldSerialize()) {
        written.add(property.getName());
      }
    }
    for (BeanPropertyDefinition property :
        mapper.getDeserializationConfig().introspect(java).findProperties()) {
      // What is read but not written, Deeplearning4j would lose on the way to the executors.
      if (property.couldDeserialize() && written.contains(property.getName())) {
        properties.put(property.getName(), property.getPrimaryType());
      }
    }
    inner().ifPresent(layer -> properties.put(layer, mapper.constructType(Layer.class)));
  }

  @Override
  public Set<String> properties() {
    return properties.keySet();
  }

  /** A layer around another has it under one of these names. */
  private Optional<String> inner() {
    if (wrapping() == null) {
      return Optional.empty();
    }
    return Optional.of(properties.containsKey("underlying") ? "underlying" : "layer");
  }

  private Constructor<?> wrapping() {
    if (!Layer.class.isAssignableFrom(type)) {
      return null;
    }
    try {
      return type.getConstructor(Layer.class);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  @Override
  public Object make(Described at, Map<String, Described> given) throws MisfitException {
    Map<String, Described> rest = new TreeMap<>(given);
    Map<String, JsonNode> overlaid = new LinkedHashMap<>();
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    ObjectNode tree = defaults(at, rest);
    for (Map.Entry<String, Described> entry : rest.entrySet()) {
      Object value = PropertyValues.read(entry.getValue(), plain(properties.get(entry.getKey())));
      if (value instanceof INDArray array) {
        arrays.put(entry.getKey(), array);
      } else {
        overlaid.put(entry.getKey(), tree(value));
      }
    }
    overlaid.forEach(tree::set);
    leaveToSchedules(tree, rest);
    for (String property : properties.keySet()) {
      if (!rest.containsKey(property) && isMissing(tree, property)) {
        throw new MisfitException(
            at,
            "%s needs %s".formatted(type.getSimpleName(), Names.dashed(property)),
            "there is no default");
      }
    }
    typeProperty().ifPresent(name -> tree.put(name, type.getName()));
    Object made;
    try {
      made = mapper.treeToValue(tree, type);
    } catch (IOException | RuntimeException e) {
      throw new MisfitException(at, Cause.of(e), "");
    }
    requireKept(at, rest, overlaid, mapper.valueToTree(made));
    arrays.forEach((name, array) -> put(made, name, array));
    return made;
  }

  /** An array has a form in JSON that each class chooses for itself. */
  private void put(Object made, String name, INDArray array) {
    for (Class<?> declaring = type; declaring != null; declaring = declaring.getSuperclass()) {
      try {
        Field field = declaring.getDeclaredField(name);
        field.setAccessible(true);
        field.set(made, array);
        return;
      } catch (NoSuchFieldException e) {
        continue;
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
    throw new IllegalStateException(type + " has no field " + name);
  }

  /** Where the JSON of a class says which one it is. */
  private Optional<String> typeProperty() {
    return Optional.ofNullable(
            mapper
                .getSerializationConfig()
                .introspectClassAnnotations(mapper.constructType(type))
                .getClassAnnotations()
                .get(JsonTypeInfo.class))
        .map(JsonTypeInfo::property);
  }

  /** Jackson's own type as the reflection of Java has it. */
  private static java.lang.reflect.Type plain(JavaType type) {
    if (type.isContainerType() && !type.isArrayType() && type.containedTypeCount() > 0) {
      return new ContainerType(type);
    }
    return type.getRawClass();
  }

  /** A list or map and what it holds. */
  private record ContainerType(JavaType type) implements java.lang.reflect.ParameterizedType {

    @Override
    public java.lang.reflect.Type[] getActualTypeArguments() {
      java.lang.reflect.Type[] types = new java.lang.reflect.Type[type.containedTypeCount()];
      for (int i = 0; i < types.length; i++) {
        types[i] = plain(type.containedType(i));
      }
      return types;
    }

    @Override
    public java.lang.reflect.Type getRawType() {
      return type.getRawClass();
    }

    @Override
    public java.lang.reflect.Type getOwnerType() {
      return null;
    }
  }

  /** What the class has if nothing is said; takes the layer inside out of what is given. */
  private ObjectNode defaults(Described at, Map<String, Described> given) throws MisfitException {
    try {
      Constructor<?> wrapping = wrapping();
      if (wrapping != null) {
        Described inside = given.remove(inner().orElseThrow());
        if (inside == null) {
          throw new MisfitException(
              at, type.getSimpleName() + " needs the layer that it wraps", "layer = { lstm = 32 }");
        }
        return mapper.valueToTree(wrapping.newInstance(PropertyValues.read(inside, Layer.class)));
      }
      Constructor<?> plain = type.getDeclaredConstructor();
      plain.setAccessible(true);
      ObjectNode tree = mapper.valueToTree(plain.newInstance());
      if (!Modifier.isPublic(plain.getModifiers())) {
        dropEmpty(tree);
      }
      return tree;
    } catch (NoSuchMethodException none) {
      return mapper.createObjectNode();
    } catch (ReflectiveOperationException e) {
      throw new MisfitException(at, Cause.of(e), "");
    }
  }

  /** Each part by itself: only so does Jackson write which class it is of. */
  private JsonNode tree(Object value) {
    if (value instanceof Collection<?> list) {
      ArrayNode array = mapper.createArrayNode();
      list.forEach(entry -> array.add(tree(entry)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = mapper.createObjectNode();
      map.forEach((name, inner) -> object.set(String.valueOf(name), tree(inner)));
      return object;
    }
    return mapper.valueToTree(value);
  }

  /** A constructor that is there for JSON alone leaves at zero what has no default. */
  private void dropEmpty(ObjectNode tree) {
    for (String property : properties.keySet()) {
      JsonNode value = tree.get(property);
      boolean needed =
          properties.get(property).isPrimitive() || properties.get(property).isArrayType();
      if (needed
          && (value == null || value.isNull() || (value.isNumber() && value.asDouble() == 0))) {
        tree.remove(property);
      }
    }
  }

  private boolean isMissing(ObjectNode tree, String property) {
    JavaType of = properties.get(property);
    return !tree.has(property) && (of.isPrimitive() || (of.isArrayType() && isForJsonAlone()));
  }

  private boolean isForJsonAlone() {
    try {
      return !Modifier.isPublic(type.getDeclaredConstructor().getModifiers());
    } catch (NoSuchMethodException e) {
      return false;
    }
  }

  /** What a schedule says, the number beside it does not: so do Deeplearning4j's constructors. */
  private void leaveToSchedules(ObjectNode tree, Map<String, Described> given) {
    for (String property : properties.keySet()) {
      if (given.containsKey(property + SCHEDULE) && !given.containsKey(property)) {
        tree.put(property, Double.NaN);
      }
    }
  }

  private static void requireKept(
      Described at, Map<String, Described> given, Map<String, JsonNode> overlaid, JsonNode made)
      throws MisfitException {
    for (Map.Entry<String, JsonNode> property : overlaid.entrySet()) {
      if (!same(property.getValue(), made.get(property.getKey()))) {
        throw new MisfitException(
            given.getOrDefault(property.getKey(), at), "is not kept by Deeplearning4j", "");
      }
    }
  }

  private static boolean same(JsonNode told, JsonNode kept) {
    Comparator<JsonNode> byValue =
        (one, other) ->
            one.isNumber() && other.isNumber()
                ? Double.compare(one.asDouble(), other.asDouble())
                : one.equals(other) ? 0 : 1;
    return kept == null ? told.isNull() : told.equals(byValue, kept);
  }
}
