# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What only shows in whole models: how they end, and how they are trained further."""

import h5py
import keras

from keras_fixtures import K3, L, O, binary, mlp, one_hot

CLASSES = one_hot(3)


def build(fixtures):
    endings(fixtures)
    transfer(fixtures)
    trained_before(fixtures)


def chain(shape, *makers):
    return lambda: keras.Sequential([keras.Input(shape), *[make() for make in makers]])


def endings(fixtures):
    fixtures.add(
        "Layers/Flatten",
        "whole-ends-with-flatten",
        chain((4, 3, 2), lambda: L.Conv2D(2, 2), L.Flatten),
        loss="mean_squared_error",
        x=(4, 3, 2),
        y=(12,),
    )
    steps = "Losses/a loss for each step of a sequence"
    fixtures.add(
        steps,
        "whole-ends-with-activation-of-steps",
        chain(
            (4, 2),
            lambda: L.LSTM(3, return_sequences=True),
            lambda: L.TimeDistributed(L.Dense(3)),
            lambda: L.Activation("softmax"),
        ),
        x=(4, 2),
        y=one_hot(3, 4),
    )
    fixtures.add(
        steps,
        "whole-ends-with-lstm",
        chain((4, 2), lambda: L.LSTM(3, return_sequences=True)),
        loss="mean_squared_error",
        refused="is a sequence that does not come from a Dense layer",
    )
    fixtures.add(
        steps,
        "whole-ends-with-convolution",
        chain((4, 2), lambda: L.Conv1D(3, 1, activation="sigmoid")),
        loss="binary_crossentropy",
        refused="is a sequence that does not come from a Dense layer",
    )
    fixtures.add(
        "Layers/Conv1D",
        "whole-dilated-over-time",
        chain(
            (9, 2),
            lambda: L.Conv1D(4, 3, padding="same", dilation_rate=3, activation="relu"),
            lambda: L.Conv1D(4, 2, padding="causal", dilation_rate=4),
            lambda: L.Conv1D(3, 3, dilation_rate=2),
            L.Flatten,
            lambda: L.Dense(1, activation="sigmoid"),
        ),
        loss="binary_crossentropy",
        x=(9, 2),
        y=binary(1),
    )
    fixtures.add(
        "Layers/Conv2DTranspose",
        "whole-transposed-with-gaps",
        chain((3, 3, 2), lambda: L.Conv2DTranspose(2, 2, strides=3), L.Flatten, lambda: L.Dense(3, activation="softmax")),
        refused="only those not larger than kernel_size",
    )


def on_base(frozen, dropout=0.0):
    """A base model that is called with training=False, as Keras's guide to transfer learning has it."""

    def build():
        base = keras.Sequential(
            [
                keras.Input((5, 5, 2)),
                L.Conv2D(3, 2, use_bias=False),
                L.BatchNormalization(),
                L.ReLU(),
                L.GlobalAveragePooling2D(),
                L.Dropout(dropout),
            ],
            name="base",
        )
        base.trainable = not frozen
        given = keras.Input((5, 5, 2))
        return keras.Model(given, L.Dense(3, activation="softmax")(base(given, training=False)))

    return build


def transfer(fixtures):
    row = "Layers/training=False"
    if not K3:
        fixtures.add(row, "whole-frozen-base", on_base(True, 0.5), x=(5, 5, 2), y=CLASSES, note="is frozen")
    else:
        fixtures.add(row, "whole-frozen-base-noise", on_base(True, 0.5), refused="does not follow in fit")

        def bare():
            base = keras.Sequential(
                [keras.Input((5, 5, 2)), L.Conv2D(3, 2), L.BatchNormalization(), L.GlobalAveragePooling2D()]
            )
            base.trainable = False
            given = keras.Input((5, 5, 2))
            return keras.Model(given, L.Dense(3, activation="softmax")(base(given, training=False)))

        fixtures.add(row, "whole-frozen-base", bare, x=(5, 5, 2), y=CLASSES, note="is frozen")
    fixtures.add(row, "whole-base-that-trains", on_base(False), refused="called with training=False although it is trained")


def trained_before(fixtures):
    def seven(path):
        with h5py.File(path, "r+") as file:
            group = file["optimizer_weights"]
            for name in list(group.attrs["weight_names"]):
                text = name.decode() if isinstance(name, bytes) else name
                if text.split("/")[-1].startswith("iteration"):
                    del group[text]
                    group[text] = 7

    fixtures.add(
        "Optimizers/SGD",
        "whole-trained-before",
        mlp(),
        optimizer=lambda: O.SGD(0.1),
        x=(3,),
        y=CLASSES,
        formats=["h5"],
        change=seven,
        note="(7 updates)",
    )
    fixtures.add(
        "Optimizers/SGD",
        "whole-with-metrics",
        mlp(),
        optimizer=lambda: O.SGD(0.1),
        x=(3,),
        y=CLASSES,
        metrics=["accuracy"],
        note="the metrics that the model was compiled with",
    )
