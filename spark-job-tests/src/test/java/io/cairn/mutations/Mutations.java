/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.mutations;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Tries the mutations of the list, or those whose line holds one of the words given. */
public final class Mutations {

  private static final int SURVIVED = 1;
  private static final int MISTAKE = 2;

  private Mutations() {}

  /** Ends 0 if each was noticed, 1 if one was not, 2 if the list or the tests are out of order. */
  public static void main(String[] words) throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty("cairn.root"));
    List<String> options = List.of(System.getProperty("cairn.jvm.options").split(" +"));
    int status;
    try (Workplace workplace = Workplace.open(root, options)) {
      status = run(root, workplace, chosen(words)) == 0 ? 0 : SURVIVED;
    } catch (MutationException | IllegalStateException e) {
      System.err.println("mutations: " + e.getMessage());
      status = MISTAKE;
    }
    System.exit(status);
  }

  private static List<Mutation> chosen(String[] words) throws IOException {
    List<Mutation> chosen =
        MutationList.read().stream()
            .filter(it -> words.length == 0 || holdsOne(it, List.of(words)))
            .toList();
    if (chosen.isEmpty()) {
      throw new MutationException("no mutation of the list holds " + String.join(" or ", words));
    }
    return chosen;
  }

  private static boolean holdsOne(Mutation mutation, List<String> words) {
    return words.stream()
        .anyMatch(it -> mutation.toString().contains(it) || mutation.tests().contains(it));
  }

  private static int run(Path root, Workplace workplace, List<Mutation> mutations)
      throws IOException, InterruptedException {
    TreeSet<String> all = new TreeSet<>();
    for (Mutation mutation : mutations) {
      all.addAll(tests(root, mutation));
    }
    Optional<String> before = workplace.failure(List.copyOf(all));
    if (before.isPresent()) {
      throw new IllegalStateException("without any mutation, this fails: " + before.get());
    }
    int survived = 0;
    for (Mutation mutation : mutations) {
      workplace.compile(mutation);
      Optional<String> failure = workplace.failure(tests(root, mutation));
      System.out.println(
          failure.isPresent()
              ? "killed    " + mutation + "\n            by " + failure.get()
              : "SURVIVED  " + mutation + "\n            " + String.join(" ", mutation.tests()));
      survived += failure.isPresent() ? 0 : 1;
    }
    System.out.printf("%d of %d mutations survived%n", survived, mutations.size());
    return survived;
  }

  private static List<String> tests(Path root, Mutation mutation) throws IOException {
    List<String> names = new ArrayList<>();
    for (String test : mutation.tests()) {
      names.add(MutationList.test(root, test));
    }
    return names;
  }
}
