/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.layers.Layer;

/**
 * Makes a layer by Deeplearning4j's builder of it. Each method of the builder that takes one value
 * is a property; of several methods of a name, the first that takes what is given.
 *
 * <p>Threading: one thread.
 */
final class BuilderAssembly implements Assembly {

  /** Builders whose constructors have to be told something, by property. */
  private static final Map<String, List<String>> CONSTRUCTORS =
      Map.of(
          "CapsuleLayer", List.of("capsules", "capsuleDimensions"),
          "PrimaryCapsules", List.of("capsuleDimensions", "channels"),
          "Cnn3DLossLayer", List.of("dataFormat"),
          "ZeroPaddingLayer", List.of("padding"),
          "ZeroPadding1DLayer", List.of("padding"),
          "ZeroPadding3DLayer", List.of("padding"));

  /** Second names of layers: their builders make the layers of the first. */
  private static final Set<String> SECOND_NAMES =
      Set.of("Convolution1D", "Convolution2D", "Pooling1D", "Pooling2D");

  /** What these set, other methods of builders set under the names that people know. */
  private static final Set<String> INTERNAL =
      Set.of(
          "activationfn",
          "allparamconstraints",
          "betaconstraints",
          "biasconstraints",
          "blocksize",
          "cm",
          "cnn2dformat",
          "convolutiondim",
          "cudnnalgomode",
          "cudnnbwddataalgo",
          "cudnnbwdfilteralgo",
          "cudnnfwdalgo",
          "format",
          "gammaconstraints",
          "gateactivationfn",
          "idropout",
          "inputweightconstraints",
          "iupdater",
          "kernel",
          "layername",
          "lossfn",
          "outputdistribution",
          "outputformat",
          "paramweightinit",
          "pointwiseconstraints",
          "pzxactivationfn",
          "recurrentconstraints",
          "rnndataformat",
          "weightconstraints",
          "weightinitfn",
          "weightinitfnrecurrent",
          "boundingboxes",
          "leak",
          "userelu");

  /** Methods that set what others have set, or drop it. */
  private static final Map<String, List<String>> BOTH =
      new TreeMap<>(
          Map.of(
              "weightDecay", List.of("l2"),
              "weightDecayBias", List.of("l2Bias"),
              "regularization", List.of("l1", "l2", "weightDecay"),
              "regularizationBias", List.of("l1Bias", "l2Bias", "weightDecayBias"),
              "weightInit", List.of("dist")));

  private final String made;
  private final Class<?> builder;
  private final List<String> constructor;
  private final Map<String, List<Method>> methods;

  private BuilderAssembly(String made, Class<?> builder, List<String> constructor) {
    this.made = made;
    this.builder = builder;
    this.constructor = constructor;
    this.methods = methods(builder);
  }

  /** The builder of a class; empty where it has none that can be used. */
  static Optional<BuilderAssembly> find(Class<?> type) {
    if (!Layer.class.isAssignableFrom(type) && !GraphVertex.class.isAssignableFrom(type)) {
      return Optional.empty();
    }
    Class<?> owner = SECOND_NAMES.contains(type.getSimpleName()) ? type.getSuperclass() : type;
    return Stream.of(owner.getDeclaredClasses())
        .filter(inner -> inner.getSimpleName().equals("Builder"))
        .filter(inner -> Modifier.isPublic(inner.getModifiers()))
        .filter(inner -> !Modifier.isAbstract(inner.getModifiers()))
        .map(
            inner ->
                new BuilderAssembly(
                    Names.dashed(type.getSimpleName()),
                    inner,
                    CONSTRUCTORS.getOrDefault(type.getSimpleName(), List.of())))
        .filter(found -> found.constructor().isPresent())
        .findFirst();
  }

  /** What holds for all layers. */
  static BuilderAssembly ofDefaults() {
    return new BuilderAssembly("model", NeuralNetConfiguration.Builder.class, List.of());
  }

  /** The constructor: the one with the right number of arguments, arrays before numbers. */
  private Optional<Constructor<?>> constructor() {
    return Stream.of(builder.getConstructors())
        .filter(it -> it.getParameterCount() == constructor.size())
        .min(
            Comparator.comparing(
                (Constructor<?> it) ->
                    Arrays.stream(it.getParameterTypes()).noneMatch(Class::isArray)));
  }

  @Override
  public Set<String> properties() {
    Set<String> names = new TreeSet<>(methods.keySet());
    names.addAll(constructor);
    return names;
  }

  @Override
  public Object make(Described at, Map<String, Described> given) throws MisfitException {
    Object told = tell(at, given);
    try {
      return builder.getMethod("build").invoke(told);
    } catch (InvocationTargetException e) {
      throw new MisfitException(at, Cause.of(e), "");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(builder + " cannot build", e);
    }
  }

  /** The builder, which has been told everything. */
  Object tell(Described at, Map<String, Described> given) throws MisfitException {
    for (Map.Entry<String, List<String>> both : BOTH.entrySet()) {
      for (String one : both.getValue()) {
        refuseBoth(given, one, both.getKey());
      }
    }
    Object told = begin(at, given);
    for (Map.Entry<String, Described> property : new TreeMap<>(given).entrySet()) {
      if (!constructor.contains(property.getKey())) {
        set(told, property.getKey(), property.getValue());
      }
    }
    return told;
  }

  /** Deeplearning4j's builder would drop the one for the other, and say so in a log only. */
  private static void refuseBoth(Map<String, Described> given, String one, String other)
      throws MisfitException {
    if (given.containsKey(one) && given.containsKey(other)) {
      throw new MisfitException(
          given.get(other),
          "contradicts " + Names.dashed(one),
          "Deeplearning4j takes one of both; give one of them");
    }
  }

  private Object begin(Described at, Map<String, Described> given) throws MisfitException {
    Constructor<?> found = constructor().orElseThrow();
    List<Described> values = new ArrayList<>();
    for (String name : constructor) {
      if (!given.containsKey(name)) {
        throw new MisfitException(at, made + " needs " + Names.dashed(name), "there is no default");
      }
      values.add(given.get(name));
    }
    if (values.size() != 1) {
      return begin(at, found, values);
    }
    List<MisfitException> misfits = new ArrayList<>();
    for (Described form :
        PropertyValues.forms(values.get(0), found.getGenericParameterTypes()[0])) {
      try {
        return begin(values.get(0), found, List.of(form));
      } catch (MisfitException e) {
        misfits.add(e);
      }
    }
    throw PropertyValues.best(values.get(0), misfits);
  }

  private Object begin(Described at, Constructor<?> found, List<Described> values)
      throws MisfitException {
    Object[] arguments = new Object[values.size()];
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = PropertyValues.read(values.get(i), found.getGenericParameterTypes()[i]);
    }
    try {
      return found.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new MisfitException(at, Cause.of(e), "");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(builder + " cannot be made", e);
    }
  }

  private void set(Object told, String name, Described value) throws MisfitException {
    List<MisfitException> misfits = new ArrayList<>();
    for (Method method : inOrderFor(value, methods.get(name))) {
      Type type = method.getGenericParameterTypes()[0];
      for (Described form : PropertyValues.forms(value, type)) {
        try {
          invoke(told, method, PropertyValues.read(form, type), value);
          return;
        } catch (MisfitException e) {
          misfits.add(e);
        }
      }
    }
    throw PropertyValues.best(value, misfits);
  }

  private static void invoke(Object told, Method method, Object argument, Described value)
      throws MisfitException {
    try {
      method.setAccessible(true);
      method.invoke(told, argument);
    } catch (InvocationTargetException e) {
      throw new MisfitException(value, Cause.of(e), "");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(method + " cannot be called", e);
    }
  }

  /** Words are tried as numbers and enums first, lists as arrays, blocks as objects. */
  private static List<Method> inOrderFor(Described value, List<Method> candidates) {
    Comparator<Method> order =
        Comparator.comparingInt(
            method -> PropertyValues.rank(value, method.getParameterTypes()[0]));
    return candidates.stream()
        .sorted(order.thenComparing(method -> method.getParameterTypes()[0].getName()))
        .toList();
  }

  private static Map<String, List<Method>> methods(Class<?> builder) {
    Map<String, List<Method>> fluent = new TreeMap<>();
    Map<String, List<Method>> setters = new TreeMap<>();
    for (Method method : builder.getMethods()) {
      boolean taken =
          Modifier.isStatic(method.getModifiers())
              || method.getParameterCount() != 1
              || method.getDeclaringClass() == Object.class
              || method.getName().equals("equals");
      if (taken) {
        continue;
      }
      if (method.getName().matches("set[A-Z].*")) {
        String name = method.getName().substring(3);
        name = name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
        add(setters, name, method);
      } else if (method.getReturnType().isAssignableFrom(builder)) {
        add(fluent, method.getName(), method);
      }
    }
    Set<String> known = folded(fluent.keySet());
    boolean ofLayers = builder != NeuralNetConfiguration.Builder.class;
    setters.forEach(
        (name, found) -> {
          String folded = Names.folded(name);
          if (ofLayers && !known.contains(folded) && !INTERNAL.contains(folded)) {
            fluent.put(name, found);
          }
        });
    // A second name of nOut, which may be said without a builder's help.
    fluent.remove("units");
    if (!ofLayers) {
      // The run's seed is a setting of its own, and layers are what this is about.
      fluent.keySet().removeAll(Set.of("seed", "layer"));
    }
    fluent.values().forEach(BuilderAssembly::dropTexts);
    return fluent;
  }

  private static Set<String> folded(Collection<String> names) {
    Set<String> folded = new TreeSet<>();
    names.forEach(name -> folded.add(Names.folded(name)));
    return folded;
  }

  /** Methods that a builder inherits are there twice, once with a narrower result. */
  private static void add(Map<String, List<Method>> methods, String name, Method method) {
    List<Method> same = methods.computeIfAbsent(name, none -> new ArrayList<>());
    Type type = method.getParameterTypes()[0];
    if (same.stream().noneMatch(other -> other.getParameterTypes()[0] == type)) {
      same.add(method);
    }
  }

  /** A text would take any word, also one that is misspelt. */
  private static void dropTexts(List<Method> methods) {
    if (methods.size() > 1) {
      methods.removeIf(method -> method.getParameterTypes()[0] == String.class);
    }
  }
}
