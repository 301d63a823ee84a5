# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes lstm-*.h5 and lstm-*.json: 12 sequences of 4 steps with 4 values each, a model, and Keras's loss before each of 5
updates on all of them. Steps and values are equally many, so that exchanging them would not show in a shape.

Made with TensorFlow 2.15.1: python make_lstms.py
"""
import json

import numpy as np
from tensorflow import keras

keras.utils.set_random_seed(7)
random = np.random.default_rng(7)


def make(name, loss, units, activation, labels):
    model = keras.Sequential(
        [
            keras.layers.Input((4, 4)),
            keras.layers.LSTM(5, activation="tanh", recurrent_initializer="glorot_uniform"),
            keras.layers.Dense(units, activation=activation),
        ]
    )
    model.compile(optimizer=keras.optimizers.legacy.SGD(0.1), loss=loss)
    x = random.normal(size=(12, 4, 4)).astype("float32")
    model.save(name + ".h5")
    losses = [float(model.train_on_batch(x, labels.astype("float32"))) for _ in range(5)]
    with open(name + ".json", "w") as file:
        json.dump({"x": x.reshape(12, 16).astype(float).tolist(), "y": labels.tolist(), "losses": losses}, file)


make("lstm-sparse", "sparse_categorical_crossentropy", 3, "softmax", random.integers(0, 3, 12))
make("lstm-binary", "binary_crossentropy", 1, "sigmoid", random.integers(0, 2, 12))
