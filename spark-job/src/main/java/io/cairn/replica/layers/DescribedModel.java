/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import io.cairn.settings.LayerSettings;
import io.cairn.settings.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.learning.config.Adam;

/**
 * A model that the settings describe, read as far as that can be done without data: which layers
 * there are, what they take, and all their properties.
 *
 * <p>Threading: immutable, safe everywhere; {@link #json} makes arrays where a loss has weights.
 *
 * <p>Failure: {@link #problems} has everything that does not fit. {@link #json} throws a {@link
 * DescriptionException} with what does not fit the data.
 */
public final class DescribedModel {

  /** What is noted where no updater is said. */
  public static final String DEFAULT_UPDATER =
      "model.layers does not say an updater (model.defaults.updater): Adam with ND4J's defaults,"
          + " learning rate "
          + Adam.DEFAULT_ADAM_LEARNING_RATE;

  /** What an input is called if the settings give no names; of several, with its number. */
  private static final String INPUT = "input";

  private static final String UPDATER = "updater";

  private final LayerSettings settings;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Node> nodes = new ArrayList<>();

  /**
   * A layer or vertex, and where it stands in the network.
   *
   * @param entry what it is
   * @param name what others call it
   * @param inputs what it takes
   */
  record Node(Entry entry, String name, List<String> inputs) {
    Node {
      inputs = List.copyOf(inputs);
    }

    Node with(Entry other) {
      return new Node(other, name, inputs);
    }
  }

  private DescribedModel(LayerSettings settings) {
    this.settings = settings;
  }

  /** Reads a description. */
  public static DescribedModel of(LayerSettings settings) {
    DescribedModel model = new DescribedModel(settings);
    model.readNodes();
    model.tryNodes();
    model.readDefaults();
    return model;
  }

  /** Everything that does not fit whatever the data is, with file and line. */
  public List<Problem> problems() {
    return List.copyOf(problems);
  }

  /** What a user should know before anything costs, a sentence each. */
  public List<String> notes() {
    boolean said =
        (settings.defaults().isPresent() && defaultNames().contains(UPDATER))
            || nodes.stream().allMatch(node -> node.entry().given().containsKey(UPDATER));
    return said ? List.of() : List.of(DEFAULT_UPDATER);
  }

  /**
   * Deeplearning4j's configuration, as its own builder makes it.
   *
   * @param data what the model is given and is to tell
   * @param seed the run's
   * @throws DescriptionException with everything that does not fit the data
   */
  public String json(DataShape data, long seed) {
    List<Problem> found = new ArrayList<>(problems);
    try {
      if (found.isEmpty()) {
        return isGraph(data)
            ? new GraphAssembly(this, data).json(seed)
            : new ChainAssembly(this, data).json(seed);
      }
    } catch (MisfitException e) {
      found.add(e.problem());
    }
    throw new DescriptionException(found);
  }

  List<Node> nodes() {
    return nodes;
  }

  LayerSettings settings() {
    return settings;
  }

  /** Deeplearning4j's builder of a network, which has been told what holds for all layers. */
  NeuralNetConfiguration.Builder defaults() throws MisfitException {
    if (settings.defaults().isEmpty()) {
      return new NeuralNetConfiguration.Builder().updater(new Adam());
    }
    BuilderAssembly assembly = BuilderAssembly.ofDefaults();
    Described.Properties block = settings.defaults().get();
    Map<String, Described> given =
        PropertyNames.resolve(block.values(), assembly.properties(), NeuralNetConfiguration.class);
    NeuralNetConfiguration.Builder told =
        (NeuralNetConfiguration.Builder) assembly.tell(block, given);
    return given.containsKey(UPDATER) ? told : told.updater(new Adam());
  }

  private Set<String> defaultNames() {
    Set<String> properties = BuilderAssembly.ofDefaults().properties();
    Set<String> names = new HashSet<>();
    for (String key : settings.defaults().orElseThrow().values().keySet()) {
      names.add(String.valueOf(PropertyNames.find(key, properties)));
    }
    return names;
  }

  /** The names of the inputs, of which the data has so many. */
  List<String> inputNames(int inputs) {
    if (!settings.inputs().isEmpty()) {
      return settings.inputs();
    }
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= inputs; i++) {
      names.add(inputs == 1 ? INPUT : INPUT + i);
    }
    return names;
  }

  /** Whether it is more than a chain of layers. */
  private boolean isGraph(DataShape data) {
    return data.inputs().size() > 1
        || data.outputs().size() > 1
        || !settings.inputs().isEmpty()
        || !settings.outputs().isEmpty()
        || nodes.stream()
            .anyMatch(node -> !node.entry().isLayer() || node.entry().inputs().isPresent());
  }

  /** The names of the outputs: those given, or the layers that no other takes. */
  List<String> outputNames() {
    if (!settings.outputs().isEmpty()) {
      return settings.outputs();
    }
    Set<String> taken = new HashSet<>();
    nodes.forEach(node -> taken.addAll(node.inputs()));
    return nodes.stream().map(Node::name).filter(name -> !taken.contains(name)).toList();
  }

  private void requireNamedOnce(String setting, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name)) {
        problems.add(
            settings.layers().problem("%s names %s a second time".formatted(setting, name), ""));
      }
    }
  }

  private void readNodes() {
    requireNamedOnce("model.inputs", settings.inputs());
    requireNamedOnce("model.outputs", settings.outputs());
    Map<String, Described> names = new LinkedHashMap<>();
    List<Described> entries = settings.layers().entries();
    for (int i = 0; i < entries.size(); i++) {
      try {
        Entry entry = Entry.read(entries.get(i));
        String name = entry.name().orElse("layer" + i);
        if (names.put(name, entries.get(i)) != null) {
          throw new MisfitException(entries.get(i), "is the second with the name " + name, "");
        }
        nodes.add(new Node(entry, name, inputsOf(entry, i)));
      } catch (MisfitException e) {
        problems.add(e.problem());
      }
    }
    if (problems.isEmpty()) {
      requireKnownInputs();
      requireOutputs();
    }
  }

  /** What it says it takes, or the layer before it; the first takes the only input. */
  private List<String> inputsOf(Entry entry, int index) {
    return entry
        .inputs()
        .orElseGet(
            () -> {
              if (index > 0) {
                return nodes.isEmpty() ? List.of() : List.of(nodes.get(nodes.size() - 1).name());
              }
              return List.of(settings.inputs().isEmpty() ? INPUT : settings.inputs().get(0));
            });
  }

  /** A layer takes what stands before it, so that there is no circle. */
  private void requireKnownInputs() {
    Set<String> before = new TreeSet<>(settings.inputs());
    for (Node node : nodes) {
      for (String input : node.inputs()) {
        // How many inputs there are without names, the data says.
        boolean ofData = settings.inputs().isEmpty() && input.matches(INPUT + "[0-9]*");
        if (!before.contains(input) && !ofData) {
          problems.add(
              node.entry()
                  .at()
                  .problem(
                      "takes %s, which is no input and no layer before it".formatted(input),
                      Names.suggestion(input, before)));
        }
      }
      if (settings.inputs().contains(node.name())) {
        problems.add(node.entry().at().problem("has the name of an input, " + node.name(), ""));
      }
      before.add(node.name());
    }
  }

  private void requireOutputs() {
    Set<String> names = new TreeSet<>();
    nodes.forEach(node -> names.add(node.name()));
    for (String output : outputNames()) {
      Optional<Node> node = nodes.stream().filter(it -> it.name().equals(output)).findFirst();
      if (node.isEmpty()) {
        problems.add(
            settings
                .layers()
                .problem(
                    "model.outputs names %s, which is no layer".formatted(output),
                    Names.suggestion(output, names)));
      } else if (!OutputDefaults.isOutput(node.get().entry())) {
        problems.add(
            node.get()
                .entry()
                .at()
                .problem(
                    "%s is an output of the model, and has no loss"
                        .formatted(node.get().entry().kind()),
                    "end with output, rnn-output, loss or another layer with a loss"));
      }
    }
  }

  /** Every property is tried, so that all that do not fit are told together. */
  private void tryNodes() {
    for (Node node : nodes) {
      Entry entry = node.entry();
      try {
        if (entry.isLayer()) {
          entry.layer();
        } else {
          entry.vertex();
        }
        entry.inputPreProcessor();
      } catch (MisfitException e) {
        problems.add(e.problem());
      }
    }
  }

  private void readDefaults() {
    try {
      defaults();
    } catch (MisfitException e) {
      problems.add(e.problem());
    }
  }
}
