# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Optimizers, schedules, losses, penalties, constraints, initializers and activations."""

import keras

from keras_fixtures import K3, L, O, binary, index, mlp, one_hot, positive

CLASSES = one_hot(3)


def build(fixtures):
    optimizers(fixtures)
    schedules(fixtures)
    losses(fixtures)
    penalties(fixtures)
    constraints(fixtures)
    initializers(fixtures)
    activations(fixtures)


def optimizers(fixtures):
    def works(row, name, make, build=mlp(), **more):
        fixtures.add(
            f"Optimizers/{row}",
            f"optimizer-{name}",
            build,
            optimizer=make,
            y=CLASSES,
            whole_batch=build is normalized,
            **{"x": (3,), **more},
        )

    def normalized():
        return keras.Sequential(
            [keras.Input((3,)), L.Dense(4), L.BatchNormalization(), L.Dense(3, activation="softmax")]
        )

    def recurrent():
        return keras.Sequential(
            [
                keras.Input((4,)),
                L.Reshape((2, 2)),
                L.Bidirectional(L.LSTM(2, return_sequences=True)),
                L.LSTM(2),
                L.Dense(3, activation="softmax"),
            ]
        )

    def embedding():
        return keras.Sequential(
            [keras.Input((4,)), L.Embedding(6, 3), L.LSTM(2), L.Dense(3, activation="softmax")]
        )

    def refused(row, name, make, sentence, build=mlp(), **more):
        fixtures.add(f"Optimizers/{row}", f"optimizer-{name}", build, optimizer=make, refused=sentence, **more)

    works("SGD", "sgd", lambda: O.SGD(0.1))
    works("SGD with momentum", "sgd-momentum", lambda: O.SGD(0.05, momentum=0.9))
    works("SGD with momentum", "sgd-momentum-fast", lambda: O.SGD(0.5, momentum=0.8))
    refused(
        "SGD with momentum",
        "sgd-momentum-schedule",
        lambda: O.SGD(O.schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.9),
        "momentum = 0.9 is not supported, only 0, or nesterov = true",
    )
    works("SGD with nesterov", "sgd-nesterov", lambda: O.SGD(0.05, momentum=0.9, nesterov=True))
    works("Adam", "adam", lambda: O.Adam(0.05))
    works("Adam", "adam-epsilon", lambda: O.Adam(0.05, beta_1=0.8, beta_2=0.9, epsilon=0.01))
    works("Adam", "adam-name", lambda: "adam", formats=["keras"])
    works("Adam with amsgrad", "amsgrad", lambda: O.Adam(0.05, amsgrad=True, beta_2=0.7))
    works("Adagrad", "adagrad", lambda: O.Adagrad(0.1))
    refused(
        "Adagrad",
        "adagrad-zero",
        lambda: O.Adagrad(0.1, initial_accumulator_value=0.0),
        "initial_accumulator_value = 0.0 is not supported, only at least 10000 times epsilon",
    )
    works("Adadelta", "adadelta", lambda: O.Adadelta(1.0, epsilon=0.001))
    refused(
        "Adadelta", "adadelta-rate", lambda: O.Adadelta(0.5), "learning_rate = 0.5 is not supported, only 1.0"
    )
    refused("RMSprop", "rmsprop", lambda: O.RMSprop(0.01), "epsilon is inside the root there")
    refused("Adamax", "adamax", lambda: O.Adamax(0.01), "the optimizer Adamax is not supported")
    refused("Nadam", "nadam", lambda: O.Nadam(0.01), "ND4J's Nadam has no schedule of the momentum")
    refused("Ftrl, Lion and others", "ftrl", lambda: O.Ftrl(0.01), "the optimizer Ftrl is not supported")
    refused("Ftrl, Lion and others", "lion", lambda: O.Lion(0.01), "the optimizer Lion is not supported")
    works("AdamW, weight_decay", "adamw", lambda: O.AdamW(0.05, weight_decay=0.1), decay=0.1)
    works("AdamW, weight_decay", "weight-decay", lambda: O.SGD(0.1, weight_decay=0.1), decay=0.1)
    works("clipnorm", "clipnorm", lambda: O.SGD(0.5, clipnorm=0.1))
    works("clipvalue", "clipvalue", lambda: O.SGD(0.5, clipvalue=0.03))
    works("global_clipnorm", "global-clipnorm", lambda: O.SGD(0.5, global_clipnorm=0.1))
    clips = {"clipnorm": 0.1, "clipvalue": 0.1, "global_clipnorm": 0.1}
    for kind, limit in clips.items():
        refused(
            kind,
            f"{kind}-l2",
            lambda kind=kind, limit=limit: O.SGD(0.5, **{kind: limit}),
            "is not supported together with a regularizer",
            build=mlp(kernel_regularizer=keras.regularizers.L2(0.1)),
        )
    refused(
        "clipnorm",
        "clipnorm-embedding",
        lambda: O.SGD(0.5, clipnorm=0.1),
        "is not supported together with an Embedding",
        build=embedding,
    )
    refused(
        "clipnorm",
        "clipnorm-batchnorm",
        lambda: O.SGD(0.5, clipnorm=0.1),
        "clipnorm and clipvalue are not supported together with BatchNormalization",
        build=normalized,
    )
    works("global_clipnorm", "global-clipnorm-batchnorm", lambda: O.SGD(0.5, global_clipnorm=0.1), normalized)
    works("AdamW, weight_decay", "adamw-layers", lambda: O.AdamW(0.05, weight_decay=0.1), recurrent, decay=0.1, x=(4,))
    refused(
        "AdamW, weight_decay",
        "weight-decay-batchnorm",
        lambda: O.AdamW(0.05),
        "weight_decay is not supported together with BatchNormalization",
        build=normalized,
    )
    refused("use_ema", "ema", lambda: O.SGD(0.1, use_ema=True), "use_ema = true is not supported")
    if K3:
        refused(
            "gradient_accumulation_steps",
            "accumulation",
            lambda: O.SGD(0.1, gradient_accumulation_steps=2),
            "gradient_accumulation_steps = 2 is not supported",
        )
        refused(
            "loss scaling",
            "loss-scale",
            lambda: O.LossScaleOptimizer(O.SGD(0.1)),
            "the optimizer LossScaleOptimizer is not supported",
        )
        return
    legacy = O.legacy
    works("optimizers.legacy", "legacy-sgd", lambda: legacy.SGD(0.1, decay=0.3))
    works("optimizers.legacy", "legacy-adam", lambda: legacy.Adam(0.05, decay=0.3, amsgrad=True))
    works("RMSprop", "legacy-rmsprop", lambda: legacy.RMSprop(0.02, rho=0.8))
    works("Adagrad", "legacy-adagrad", lambda: legacy.Adagrad(0.1, initial_accumulator_value=0.0))
    works("clipnorm", "legacy-clipnorm", lambda: legacy.SGD(0.5, clipnorm=0.1))
    refused(
        "optimizers.legacy",
        "legacy-momentum-embedding",
        lambda: legacy.SGD(0.1, momentum=0.9),
        "leaves those rows of an embedding as they are that a batch has not used",
        build=embedding,
    )
    refused(
        "RMSprop",
        "legacy-rmsprop-momentum",
        lambda: legacy.RMSprop(0.02, momentum=0.9),
        "momentum = 0.9 is not supported, only 0",
    )


def schedules(fixtures):
    S = O.schedules

    def works(row, name, make):
        fixtures.add(
            f"Schedules/{row}", f"schedule-{name}", mlp(), optimizer=lambda: O.SGD(make()), x=(3,), y=CLASSES
        )

    def refused(row, name, make, sentence):
        fixtures.add(
            f"Schedules/{row}", f"schedule-{name}", mlp(), optimizer=lambda: O.SGD(make()), refused=sentence
        )

    works("ExponentialDecay", "exponential", lambda: S.ExponentialDecay(0.5, 3, 0.3))
    works("ExponentialDecay", "staircase", lambda: S.ExponentialDecay(0.5, 2, 0.3, staircase=True))
    works("InverseTimeDecay", "inverse", lambda: S.InverseTimeDecay(0.5, 3, 2.0))
    refused(
        "InverseTimeDecay",
        "inverse-staircase",
        lambda: S.InverseTimeDecay(0.5, 3, 2.0, staircase=True),
        "staircase = true is not supported",
    )
    works("PiecewiseConstantDecay", "piecewise", lambda: S.PiecewiseConstantDecay([1, 3], [0.5, 0.2, 0.05]))
    works("PolynomialDecay", "polynomial", lambda: S.PolynomialDecay(0.5, 3, 0.05, power=2.0))
    refused(
        "PolynomialDecay",
        "polynomial-cycle",
        lambda: S.PolynomialDecay(0.5, 3, cycle=True),
        "cycle = true is not supported",
    )
    works("CosineDecay", "cosine", lambda: S.CosineDecay(0.5, 4, alpha=0.1))
    works("CosineDecay", "cosine-warmup", lambda: S.CosineDecay(0.1, 3, warmup_target=0.5, warmup_steps=2))
    refused(
        "CosineDecay",
        "cosine-long",
        lambda: S.CosineDecay(0.5, 100000),
        "decay_steps = 100000 is not supported, only 1 to 5000 updates",
    )
    refused(
        "CosineDecayRestarts",
        "restarts",
        lambda: S.CosineDecayRestarts(0.5, 3),
        "the schedule CosineDecayRestarts is not supported",
    )


def losses(fixtures):
    keras_losses = keras.losses

    def works(row, name, loss, activation, y, units=3, labels=None, **more):
        fixtures.add(
            f"Losses/{row}", f"loss-{name}", mlp(activation, units), loss=loss, x=(3,), y=y, labels=labels, **more
        )

    def refused(row, name, loss, activation, sentence, units=3):
        fixtures.add(f"Losses/{row}", f"loss-{name}", mlp(activation, units), loss=loss, refused=sentence)

    cce = keras_losses.CategoricalCrossentropy
    sparse = keras_losses.SparseCategoricalCrossentropy
    bce = keras_losses.BinaryCrossentropy
    works("categorical_crossentropy", "cce", "categorical_crossentropy", "softmax", CLASSES)
    works("categorical_crossentropy", "cce-logits", cce(from_logits=True), None, CLASSES, note="gives probabilities", moved="softmax")
    refused("categorical_crossentropy", "cce-twice", cce(from_logits=True), "softmax", "from_logits=True wants")
    refused("categorical_crossentropy", "cce-linear", "categorical_crossentropy", None, "wants probabilities")
    refused("categorical_crossentropy", "cce-smooth", cce(label_smoothing=0.1), "softmax", "label_smoothing = 0.1")
    refused("categorical_crossentropy", "cce-sum", cce(reduction="sum"), "softmax", 'reduction = "sum"')
    works(
        "sparse_categorical_crossentropy",
        "sparse",
        "sparse_categorical_crossentropy",
        "softmax",
        index(3),
        labels="one-hot",
    )
    works(
        "sparse_categorical_crossentropy",
        "sparse-logits",
        sparse(from_logits=True),
        None,
        index(3),
        labels="one-hot",
        note="gives probabilities",
        moved="softmax",
    )
    refused(
        "sparse_categorical_crossentropy", "sparse-ignore", sparse(ignore_class=1), "softmax", "ignore_class = 1"
    )
    works("binary_crossentropy", "bce", "binary_crossentropy", "sigmoid", binary(1), 1)
    works("binary_crossentropy", "bce-columns", "binary_crossentropy", "sigmoid", binary(4), 4)
    works("binary_crossentropy", "bce-logits", bce(from_logits=True), None, binary(2), 2, note="gives probabilities", moved="sigmoid")
    refused("binary_crossentropy", "bce-twice", bce(from_logits=True), "sigmoid", "from_logits=True wants", 1)
    refused("binary_crossentropy", "bce-softmax", "binary_crossentropy", "softmax", "wants probabilities", 2)
    refused("binary_crossentropy", "bce-smooth", bce(label_smoothing=0.1), "sigmoid", "label_smoothing = 0.1", 1)
    works("mean_squared_error", "mse", "mse", None, (3,))
    works("mean_squared_error", "mse-class", keras_losses.MeanSquaredError(), "softmax", CLASSES)
    works("mean_absolute_error", "mae", "mean_absolute_error", None, (3,))
    works("mean_absolute_percentage_error", "mape", "mape", None, positive(2), 2, optimizer=lambda: O.SGD(0.001))
    works("mean_squared_logarithmic_error", "msle", "msle", "softplus", positive(3))
    refused("mean_squared_logarithmic_error", "msle-linear", "msle", None, "treats negative outputs")
    works("poisson", "poisson", "poisson", "softplus", positive(1), 1)
    refused("poisson", "poisson-columns", "poisson", "softplus", "cannot be weighted in DL4J", 2)
    works("cosine_similarity", "cosine", keras_losses.CosineSimilarity(), None, (3,))
    for name in ("hinge", "squared_hinge", "categorical_hinge", "huber", "log_cosh", "kl_divergence"):
        loss = {"huber": keras_losses.Huber(), "log_cosh": keras_losses.LogCosh()}.get(name, name)
        refused("hinge, huber, log_cosh, kl_divergence and others", name, loss, None, "is not supported (DL4J has none")
    weights(fixtures)
    sequences(fixtures)


def weights(fixtures):
    def two_outputs(activation="softmax"):
        def build():
            a = keras.Input((3,), name="a")
            h = L.Dense(4, activation="tanh", name="h")(a)
            return keras.Model(
                a, [L.Dense(3, activation=activation, name="kind")(h), L.Dense(2, name="size")(h)]
            )

        return build

    def add(name, losses, loss_weights, **more):
        fixtures.add(
            "Losses/loss_weights",
            f"loss-weights-{name}",
            two_outputs(),
            loss=losses,
            loss_weights=loss_weights,
            x=(3,),
            y=[CLASSES, (2,)],
            **more,
        )

    add("none", ["categorical_crossentropy", "mse"], None)
    add("list", ["categorical_crossentropy", "mae"], [0.5, 2.0])
    add(
        "names",
        {"kind": "categorical_crossentropy", "size": "mse"},
        {"kind": 0.3, "size": 1.5},
    )
    add("cosine", ["categorical_crossentropy", keras.losses.CosineSimilarity()], [1.0, 2.0], refused="cannot be weighted")


def sequences(fixtures):
    row = "Losses/a loss for each step of a sequence"

    def build(steps, *front):
        return lambda: keras.Sequential(
            [
                keras.Input((steps, 3), name="in"),
                *[make() for make in front],
                L.LSTM(4, return_sequences=True, name="lstm"),
                L.Dense(3, activation="softmax", name="out"),
            ]
        )

    fixtures.add(row, "loss-steps", build(4), x=(4, 3), y=one_hot(3, 4))
    fixtures.add(row, "loss-steps-mse", build(4), loss="mse", x=(4, 3), y=one_hot(3, 4))
    fixtures.add(row, "loss-steps-varying", build(None), refused="steps whose number varies or is masked")
    fixtures.add(row, "loss-steps-masked", build(4, L.Masking), refused="Masking is not supported")

    image = "Losses/a loss for each pixel of an image"
    fixtures.add(
        image,
        "loss-pixels",
        lambda: keras.Sequential(
            [keras.Input((3, 4, 2)), L.Conv2D(3, 2, padding="same", name="out")]
        ),
        loss="mse",
        refused="a loss of a vector or of a sequence is supported",
    )


def penalties(fixtures):
    R = keras.regularizers

    def works(row, name, build, **more):
        fixtures.add(f"Penalties/{row}", f"penalty-{name}", build, **{"x": (3,), "y": CLASSES, **more})

    works("L1, L2, L1L2", "l1", mlp(kernel_regularizer=R.L1(0.05)))
    works("L1, L2, L1L2", "l2", mlp(kernel_regularizer=R.L2(0.05), bias_regularizer=R.L2(0.1)))
    works("L1, L2, L1L2", "l1l2", mlp(kernel_regularizer=R.L1L2(0.03, 0.05), bias_regularizer=R.L1(0.1)))
    works("L1, L2, L1L2", "name", mlp(kernel_regularizer="l2"))
    works("L1, L2, L1L2", "adam", mlp(kernel_regularizer=R.L2(0.05)), optimizer=lambda: O.Adam(0.05))

    def lstm(**arguments):
        return lambda: keras.Sequential(
            [keras.Input((4, 3)), L.LSTM(3, **arguments), L.Dense(3, activation="softmax")]
        )

    works(
        "recurrent_regularizer",
        "lstm",
        lstm(kernel_regularizer=R.L2(0.05), recurrent_regularizer=R.L2(0.05), bias_regularizer=R.L2(0.1)),
        x=(4, 3),
    )
    works("recurrent_regularizer", "lstm-one", lstm(kernel_regularizer=R.L2(0.05)), refused="recurrent_regularizer")
    works("activity_regularizer", "activity", mlp(activity_regularizer=R.L2(0.05)), refused="activity_regularizer")
    works(
        "OrthogonalRegularizer",
        "orthogonal",
        mlp(kernel_regularizer=R.OrthogonalRegularizer()),
        refused="is not supported, only L1, L2 and L1L2",
    )


def constraints(fixtures):
    C = keras.constraints

    def works(row, name, build, **more):
        fixtures.add(f"Constraints/{row}", f"constraint-{name}", build, **{"x": (3,), "y": CLASSES, **more})

    works("MaxNorm", "maxnorm", mlp(kernel_constraint=C.MaxNorm(0.5)))
    works("MaxNorm", "maxnorm-axis", mlp(kernel_constraint=C.MaxNorm(0.5, axis=1), bias_constraint=C.MaxNorm(0.3)))
    works(
        "MaxNorm",
        "maxnorm-conv",
        lambda: keras.Sequential(
            [
                keras.Input((4, 4, 2)),
                L.Conv2D(3, 3, activation="tanh", kernel_constraint=C.MaxNorm(0.5, axis=[0, 1, 2])),
                L.Flatten(),
                L.Dense(3, activation="softmax"),
            ]
        ),
        x=(4, 4, 2),
    )
    works(
        "MaxNorm",
        "maxnorm-lstm",
        lambda: keras.Sequential(
            [
                keras.Input((4, 3)),
                L.LSTM(3, kernel_constraint=C.MaxNorm(0.5), recurrent_constraint=C.NonNeg()),
                L.Dense(3, activation="softmax"),
            ]
        ),
        x=(4, 3),
    )
    works("NonNeg", "nonneg", mlp(kernel_constraint=C.NonNeg()))
    works("UnitNorm", "unitnorm", mlp(kernel_constraint=C.UnitNorm()))
    works("MinMaxNorm", "minmaxnorm", mlp(kernel_constraint=C.MinMaxNorm(0.6, 0.8)))
    works("MinMaxNorm", "minmaxnorm-rate", mlp(kernel_constraint=C.MinMaxNorm(0.6, 0.8, rate=0.5)), refused="rate = 0.5")
    if K3:
        return
    works(
        "RadialConstraint",
        "radial",
        lambda: keras.Sequential(
            [
                keras.Input((4, 4, 2)),
                L.Conv2D(3, 3, kernel_constraint=C.RadialConstraint()),
                L.Flatten(),
                L.Dense(3, activation="softmax"),
            ]
        ),
        refused="is not supported, only MaxNorm, NonNeg, UnitNorm and MinMaxNorm",
    )


def initializers(fixtures):
    I = keras.initializers
    kinds = {
        "orthogonal": I.Orthogonal(),
        "he": I.HeNormal(seed=3),
        "scaling": I.VarianceScaling(2.0, "fan_out", "uniform"),
        "constant": I.Constant(0.2),
    }
    for name, kind in kinds.items():
        fixtures.add("Initializers/all", f"initializer-{name}", mlp(kernel_initializer=kind), x=(3,), y=CLASSES)


def activations(fixtures):
    def build(name):
        return lambda: keras.Sequential(
            [
                keras.Input((3,), name="in"),
                L.Dense(6, activation=name, name="hidden"),
                L.Dense(5, activation=name, name="more"),
                L.Dense(3, activation="softmax", name="out"),
            ]
        )

    works = ["linear", "relu", "sigmoid", "tanh", "elu", "selu", "softplus", "softsign", "swish", "relu6", "softmax"]
    works += ["mish", "leaky_relu"]
    works += [] if K3 else ["hard_sigmoid"]
    for name in works:
        try:
            keras.activations.get(name)
        except ValueError:
            continue
        row = {"swish": "swish, silu"}.get(name, name)
        fixtures.add(f"Activations/{row}", f"activation-{name}", build(name), x=(3,), y=CLASSES)
    fixtures.add("Activations/gelu", "activation-gelu", build("gelu"), refused="the activation gelu is not supported")
    if K3:
        fixtures.add(
            "Activations/hard_sigmoid",
            "activation-hard_sigmoid",
            build("hard_sigmoid"),
            refused="hard_sigmoid of Keras 3 is not supported",
        )
        fixtures.add("Activations/hard_tanh", "activation-hard_tanh", build("hard_tanh"), x=(3,), y=CLASSES)
        fixtures.add("Activations/others", "activation-celu", build("celu"), refused='activation = "celu"')
    fixtures.add(
        "Activations/others", "activation-exponential", build("exponential"), refused='activation = "exponential"'
    )
