/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;

/** All classes of a kind in Deeplearning4j's jars. */
final class LayersOfClassPath {

  private LayersOfClassPath() {}

  /** Every class of Deeplearning4j that can be made and is a {@code kind}. */
  static Set<Class<?>> concrete(Class<?> kind) {
    Set<Class<?>> found = new TreeSet<>(Comparator.comparing(Class::getName));
    for (Class<?> inJar : List.of(Layer.class, KerasModelImport.class)) {
      try (JarFile jar = new JarFile(jarOf(inJar).toFile())) {
        jar.stream()
            .map(entry -> entry.getName())
            .filter(name -> name.startsWith("org/deeplearning4j/") && name.endsWith(".class"))
            .map(name -> load(name.substring(0, name.length() - 6).replace('/', '.')))
            .filter(kind::isAssignableFrom)
            .filter(type -> !Modifier.isAbstract(type.getModifiers()))
            .forEach(found::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  private static Path jarOf(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath());
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, LayersOfClassPath.class.getClassLoader());
    } catch (ClassNotFoundException | NoClassDefFoundError e) {
      // A class that cannot be loaded cannot be in a model either.
      return Void.class;
    }
  }
}
