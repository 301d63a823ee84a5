/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica.layers;

import io.cairn.settings.Described;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The classes of Deeplearning4j that stand for a kind of thing, by their simple names, so that
 * settings need no packages. Any other class of that kind goes by its full name.
 *
 * <p>Which classes there are is written down here, not looked up, because a class path cannot be
 * listed everywhere. A test compares with the class path.
 *
 * <p>Threading: immutable, safe everywhere.
 *
 * @param base what all of them are
 * @param affix what names of classes begin or end with, and settings may leave out
 * @param packages the classes of each package, by their names in it
 */
record Family(String base, String affix, Map<String, String> packages) {

  private static final String CONF = "org.deeplearning4j.nn.conf.";
  private static final String ND4J = "org.nd4j.linalg.";

  static final Family LAYERS =
      new Family(
          CONF + "layers.Layer",
          "Layer",
          Map.of(
              CONF + "layers",
              """
              ActivationLayer AutoEncoder BatchNormalization CapsuleLayer CapsuleStrengthLayer
              CenterLossOutputLayer Cnn3DLossLayer CnnLossLayer Convolution1D Convolution1DLayer
              Convolution2D Convolution3D ConvolutionLayer Deconvolution2D Deconvolution3D
              DenseLayer DepthwiseConvolution2D DropoutLayer EmbeddingLayer EmbeddingSequenceLayer
              GlobalPoolingLayer GravesBidirectionalLSTM GravesLSTM LSTM LearnedSelfAttentionLayer
              LocalResponseNormalization LocallyConnected1D LocallyConnected2D LossLayer
              OutputLayer PReLULayer Pooling1D Pooling2D PrimaryCapsules RecurrentAttentionLayer
              RnnLossLayer RnnOutputLayer SelfAttentionLayer SeparableConvolution2D
              SpaceToBatchLayer SpaceToDepthLayer Subsampling1DLayer Subsampling3DLayer
              SubsamplingLayer Upsampling1D Upsampling2D Upsampling3D ZeroPadding1DLayer
              ZeroPadding3DLayer ZeroPaddingLayer
              """,
              CONF + "layers.convolutional",
              "Cropping1D Cropping2D Cropping3D",
              CONF + "layers.misc",
              "ElementWiseMultiplicationLayer FrozenLayer FrozenLayerWithBackprop RepeatVector",
              CONF + "layers.objdetect",
              "Yolo2OutputLayer",
              CONF + "layers.recurrent",
              "Bidirectional LastTimeStep SimpleRnn TimeDistributed",
              CONF + "layers.util",
              "MaskLayer MaskZeroLayer",
              CONF + "layers.variational",
              "VariationalAutoencoder",
              CONF + "ocnn",
              "OCNNOutputLayer",
              "org.deeplearning4j.nn.layers.util",
              "IdentityLayer",
              "org.deeplearning4j.nn.modelimport.keras.layers",
              "TFOpLayer"));

  static final Family VERTICES =
      new Family(
          CONF + "graph.GraphVertex",
          "Vertex",
          Map.of(
              CONF + "graph",
              """
              AttentionVertex ElementWiseVertex FrozenVertex L2NormalizeVertex L2Vertex LayerVertex
              MergeVertex PoolHelperVertex PreprocessorVertex ReshapeVertex ScaleVertex ShiftVertex
              StackVertex SubsetVertex UnstackVertex
              """,
              CONF + "graph.rnn",
              "DuplicateToTimeSeriesVertex LastTimeStepVertex ReverseTimeSeriesVertex"));

  /** Those that are values of properties. */
  static final List<Family> VALUES =
      List.of(
          new Family(
              ND4J + "activations.IActivation",
              "Activation",
              Map.of(
                  ND4J + "activations.impl",
                  """
                  ActivationCube ActivationELU ActivationGELU ActivationHardSigmoid
                  ActivationHardTanH ActivationIdentity ActivationLReLU ActivationMish
                  ActivationPReLU ActivationRReLU ActivationRationalTanh ActivationReLU
                  ActivationReLU6 ActivationRectifiedTanh ActivationSELU ActivationSigmoid
                  ActivationSoftPlus ActivationSoftSign ActivationSoftmax ActivationSwish
                  ActivationTanH ActivationThresholdedReLU
                  """)),
          new Family(
              ND4J + "lossfunctions.ILossFunction",
              "Loss",
              Map.of(
                  ND4J + "lossfunctions.impl",
                  """
                  LossBinaryXENT LossCosineProximity LossFMeasure LossHinge LossKLD LossL1 LossL2
                  LossMAE LossMAPE LossMCXENT LossMSE LossMSLE LossMixtureDensity LossMultiLabel
                  LossNegativeLogLikelihood LossPoisson LossSparseMCXENT LossSquaredHinge
                  LossWasserstein
                  """,
                  "org.deeplearning4j.nn.layers.ocnn",
                  "OCNNOutputLayer$OCNNLossFunction")),
          new Family(
              ND4J + "learning.config.IUpdater",
              "",
              Map.of(
                  ND4J + "learning.config",
                  "AMSGrad AdaBelief AdaDelta AdaGrad AdaMax Adam Nadam Nesterovs NoOp RmsProp Sgd")),
          new Family(
              ND4J + "schedule.ISchedule",
              "Schedule",
              Map.of(
                  ND4J + "schedule",
                  """
                  CycleSchedule ExponentialSchedule FixedSchedule InverseSchedule MapSchedule
                  PolySchedule RampSchedule SigmoidSchedule StepSchedule
                  """)),
          new Family(
              ND4J + "learning.regularization.Regularization",
              "Regularization",
              Map.of(
                  ND4J + "learning.regularization",
                  "L1Regularization L2Regularization WeightDecay")),
          new Family(
              "org.deeplearning4j.nn.weights.IWeightInit",
              "WeightInit",
              Map.of(
                  "org.deeplearning4j.nn.weights",
                  """
                  WeightInitConstant WeightInitDistribution WeightInitIdentity
                  WeightInitLecunUniform WeightInitNormal WeightInitRelu WeightInitReluUniform
                  WeightInitSigmoidUniform WeightInitUniform WeightInitVarScalingNormalFanAvg
                  WeightInitVarScalingNormalFanIn WeightInitVarScalingNormalFanOut
                  WeightInitVarScalingUniformFanAvg WeightInitVarScalingUniformFanIn
                  WeightInitVarScalingUniformFanOut WeightInitXavier WeightInitXavierLegacy
                  WeightInitXavierUniform
                  """,
                  "org.deeplearning4j.nn.weights.embeddings",
                  "WeightInitEmbedding")),
          new Family(
              CONF + "distribution.Distribution",
              "Distribution",
              Map.of(
                  CONF + "distribution",
                  """
                  BinomialDistribution ConstantDistribution GaussianDistribution
                  LogNormalDistribution NormalDistribution OrthogonalDistribution
                  TruncatedNormalDistribution UniformDistribution
                  """)),
          new Family(
              CONF + "dropout.IDropout",
              "",
              Map.of(
                  CONF + "dropout",
                  "AlphaDropout Dropout GaussianDropout GaussianNoise SpatialDropout")),
          new Family(
              CONF + "weightnoise.IWeightNoise",
              "",
              Map.of(CONF + "weightnoise", "DropConnect WeightNoise")),
          new Family(
              "org.deeplearning4j.nn.api.layers.LayerConstraint",
              "Constraint",
              Map.of(
                  CONF + "constraint",
                  "MaxNormConstraint MinMaxNormConstraint NonNegativeConstraint UnitNormConstraint")),
          new Family(
              CONF + "InputPreProcessor",
              "PreProcessor",
              Map.of(
                  CONF + "preprocessor",
                  """
                  Cnn3DToFeedForwardPreProcessor CnnToFeedForwardPreProcessor CnnToRnnPreProcessor
                  ComposableInputPreProcessor FeedForwardToCnn3DPreProcessor
                  FeedForwardToCnnPreProcessor FeedForwardToRnnPreProcessor RnnToCnnPreProcessor
                  RnnToFeedForwardPreProcessor
                  """,
                  "org.deeplearning4j.nn.modelimport.keras.preprocessors",
                  "TensorFlowCnnToFeedForwardPreProcessor",
                  "org.deeplearning4j.preprocessors",
                  "KerasFlattenRnnPreprocessor PermutePreprocessor ReshapePreprocessor")),
          new Family(
              CONF + "layers.variational.ReconstructionDistribution",
              "ReconstructionDistribution",
              Map.of(
                  CONF + "layers.variational",
                  """
                  BernoulliReconstructionDistribution CompositeReconstructionDistribution
                  ExponentialReconstructionDistribution GaussianReconstructionDistribution
                  LossFunctionWrapper
                  """)),
          new Family(
              CONF + "stepfunctions.StepFunction",
              "",
              Map.of(
                  CONF + "stepfunctions",
                  """
                  DefaultStepFunction GradientStepFunction NegativeDefaultStepFunction
                  NegativeGradientStepFunction StepFunction
                  """)),
          new Family(
              "org.deeplearning4j.nn.weights.embeddings.EmbeddingInitializer",
              "EmbeddingInitializer",
              Map.of("org.deeplearning4j.nn.weights.embeddings", "ArrayEmbeddingInitializer")));

  /** The family of a type, if it has one. */
  static Optional<Family> of(Class<?> type) {
    return VALUES.stream().filter(family -> family.base().equals(type.getName())).findFirst();
  }

  /** The full names of the classes, by what settings call them: without the affix, dashed. */
  Map<String, String> classes() {
    Map<String, String> classes = new LinkedHashMap<>();
    packages.forEach(
        (inside, names) -> {
          for (String name : names.strip().split("\\s+")) {
            classes.put(name, inside + "." + name);
          }
        });
    return classes;
  }

  /**
   * A class of this family.
   *
   * @param at what names it, for errors
   * @param name a simple name, with or without the affix, or a full name
   * @throws MisfitException if there is none of that name, or it is of another kind
   */
  Class<?> find(Described at, String name) throws MisfitException {
    Map<String, String> classes = classes();
    for (Map.Entry<String, String> known : classes.entrySet()) {
      boolean meant =
          known.getValue().equals(name)
              || Names.folded(known.getKey()).equals(Names.folded(name))
              || withoutAffix(known.getKey()).equals(Names.folded(name));
      if (meant) {
        return load(at, known.getValue());
      }
    }
    if (name.indexOf('.') < 0) {
      throw new MisfitException(
          at,
          "Deeplearning4j has no such " + simple(base),
          Names.suggestion(name, known()) + " (a class of your own goes by its full name)");
    }
    Class<?> own = load(at, name);
    if (!load(at, base).isAssignableFrom(own) || Modifier.isAbstract(own.getModifiers())) {
      throw new MisfitException(at, "is no class that is a " + base, "");
    }
    return own;
  }

  /** What its classes may be called, for proposals. */
  List<String> known() {
    List<String> known = new ArrayList<>();
    classes().keySet().forEach(name -> known.add(name.replaceFirst(".*\\$", "")));
    return known;
  }

  private String withoutAffix(String name) {
    String folded = Names.folded(name.replaceFirst(".*\\$", ""));
    String part = Names.folded(affix);
    if (part.isEmpty() || folded.equals(part)) {
      return folded;
    }
    return folded.startsWith(part)
        ? folded.substring(part.length())
        : folded.replaceFirst(part + "$", "");
  }

  private static Class<?> load(Described at, String name) throws MisfitException {
    try {
      return Class.forName(name, false, Family.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      try {
        return Class.forName(name, false, Thread.currentThread().getContextClassLoader());
      } catch (ClassNotFoundException | LinkageError again) {
        throw new MisfitException(at, "there is no class " + name, "");
      }
    }
  }

  private static String simple(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
