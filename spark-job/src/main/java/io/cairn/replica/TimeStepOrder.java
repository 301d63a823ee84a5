/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ModelSignature.Steps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.LocallyConnected1D;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnLossLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.Subsampling1DLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling1D;
import org.deeplearning4j.nn.conf.layers.ZeroPadding1DLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping1D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToCnnPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.RnnToFeedForwardPreProcessor;

/**
 * Finds out where a network expects the time steps of a sequence. The first layer that depends on
 * their order decides. Layers that treat every value alike (activation, dropout) are skipped.
 *
 * <p>Threading: stateless.
 */
final class TimeStepOrder {

  private TimeStepOrder() {}

  /** A layer of a sequential network, with what is done to its input. */
  record Link(String name, Layer layer, InputPreProcessor before) {}

  /** What a layer or vertex says. */
  private sealed interface Word {
    record Says(RNNFormat format) implements Word {}

    /** Ask those behind it. */
    record PassesOn() implements Word {}

    /** It changes its input in a way that hides it from those behind. */
    record Hides() implements Word {}
  }

  static Steps of(RNNFormat format) {
    return format == RNNFormat.NWC ? new Steps.First() : new Steps.Last();
  }

  /** What a layer says of where the time steps of its input stand. */
  static Optional<RNNFormat> said(Layer layer) {
    return word(layer) instanceof Word.Says says ? Optional.of(says.format()) : Optional.empty();
  }

  static Steps ofChain(List<Link> chain) {
    for (Link link : chain) {
      Word word = word(link.layer(), link.before());
      if (word instanceof Word.Says says) {
        return of(says.format());
      }
      if (word instanceof Word.Hides) {
        return new Steps.Undecided(
            "layer %s (%s) does not say where the time steps of its input stand"
                .formatted(link.name(), link.layer().getClass().getSimpleName()));
      }
    }
    return new Steps.Undecided("none of its layers says where time steps stand");
  }

  static Steps ofGraphInput(ComputationGraphConfiguration graph, String input) {
    Map<RNNFormat, List<String>> said = new LinkedHashMap<>();
    Optional<String> hidden = ask(graph, input, said);
    if (said.size() > 1) {
      return new Steps.Undecided(
          "its time steps are wanted in two ways: "
              + said.entrySet().stream()
                  .map(e -> e.getKey() + " by " + String.join(", ", e.getValue()))
                  .collect(Collectors.joining(", ")));
    }
    if (hidden.isPresent() || said.isEmpty()) {
      return new Steps.Undecided(
          hidden
              .map(
                  name ->
                      "vertex " + name + " does not say where the time steps of its input stand")
              .orElse("none of its vertices says where time steps stand"));
    }
    return of(said.keySet().iterator().next());
  }

  /** Asks all that take {@code source}; returns one that would have to say and does not. */
  private static Optional<String> ask(
      ComputationGraphConfiguration graph, String source, Map<RNNFormat, List<String>> said) {
    Optional<String> hidden = Optional.empty();
    for (Map.Entry<String, List<String>> taken : graph.getVertexInputs().entrySet()) {
      if (!taken.getValue().contains(source)) {
        continue;
      }
      Word word = word(FrozenLayers.inner(graph.getVertices().get(taken.getKey())));
      if (word instanceof Word.Says says) {
        said.computeIfAbsent(says.format(), format -> new ArrayList<>()).add(taken.getKey());
      } else if (word instanceof Word.Hides) {
        hidden = Optional.of(taken.getKey());
      } else {
        Optional<String> behind = ask(graph, taken.getKey(), said);
        hidden = behind.isPresent() ? behind : hidden;
      }
    }
    return hidden;
  }

  private static Word word(GraphVertex vertex) {
    if (vertex instanceof LayerVertex layer) {
      return word(layer.getLayerConf().getLayer(), layer.getPreProcessor());
    }
    return switch (vertex.getClass().getSimpleName()) {
      case "MergeVertex", "ElementWiseVertex", "ScaleVertex", "ShiftVertex", "StackVertex" ->
          new Word.PassesOn();
      case "LastTimeStepVertex", "ReverseTimeSeriesVertex", "AttentionVertex" ->
          new Word.Says(RNNFormat.NCW);
      default -> new Word.Hides();
    };
  }

  private static Word word(Layer layer, InputPreProcessor before) {
    return before == null ? word(layer) : word(before);
  }

  private static Word word(InputPreProcessor before) {
    if (before instanceof RnnToFeedForwardPreProcessor rnn) {
      return says(rnn.getRnnDataFormat());
    }
    if (before instanceof RnnToCnnPreProcessor rnn) {
      return says(rnn.getRnnDataFormat());
    }
    if (before instanceof ComposableInputPreProcessor several
        && several.getInputPreProcessors().length > 0) {
      return word(several.getInputPreProcessors()[0]);
    }
    return new Word.Hides();
  }

  private static Word word(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return word(frozen.getLayer());
    }
    if (layer instanceof TimeDistributed distributed) {
      return says(distributed.getRnnDataFormat());
    }
    if (layer instanceof BaseWrapperLayer wrapper) {
      return word(wrapper.getUnderlying());
    }
    if (layer instanceof Bidirectional bidirectional) {
      return word(bidirectional.getFwd());
    }
    if (layer instanceof BaseRecurrentLayer recurrent) {
      return says(recurrent.getRnnDataFormat());
    }
    if (layer instanceof Convolution1DLayer convolution) {
      return says(convolution.getRnnDataFormat());
    }
    if (layer instanceof RnnOutputLayer output) {
      return says(output.getRnnDataFormat());
    }
    if (layer instanceof RnnLossLayer loss) {
      return says(loss.getRnnDataFormat());
    }
    if (layer instanceof Subsampling1DLayer pooling) {
      return says(pooling.getCnn2dDataFormat() == CNN2DFormat.NHWC ? RNNFormat.NWC : RNNFormat.NCW);
    }
    boolean channelsFirst =
        layer instanceof EmbeddingSequenceLayer // takes [examples, 1, steps], whatever it puts out
            || layer instanceof EmbeddingLayer
            || layer instanceof SelfAttentionLayer
            || layer instanceof LearnedSelfAttentionLayer
            || layer instanceof RecurrentAttentionLayer
            || layer instanceof LocallyConnected1D
            || layer instanceof ZeroPadding1DLayer
            || layer instanceof Cropping1D
            || layer instanceof Upsampling1D;
    if (channelsFirst) {
      return new Word.Says(RNNFormat.NCW);
    }
    if (layer instanceof FeedForwardLayer dense && dense.getTimeDistributedFormat() != null) {
      return dense.getTimeDistributedFormat() instanceof RNNFormat format
          ? says(format)
          : new Word.Hides();
    }
    return switch (layer.getClass().getSimpleName()) {
      case "ActivationLayer", "DropoutLayer", "MaskLayer", "BatchNormalization" ->
          new Word.PassesOn();
      default -> new Word.Hides();
    };
  }

  /** Old configurations say nothing and mean NCW. */
  private static Word says(RNNFormat format) {
    return new Word.Says(format == null ? RNNFormat.NCW : format);
  }
}
