# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Six ordinary models, in every format."""

import json

import h5py
import keras

from keras_fixtures import K3, L, O, one_hot
from keras_fixtures_layers import gaps

BOTH = ["keras", "h5"]
SAVED_BY = "Keras 3" if K3 else "TensorFlow 2.15"


def two_inputs():
    a = keras.Input((3,), name="a")
    b = keras.Input((2,), name="b")
    left = L.Dense(4, activation="relu", name="left")(a)
    right = L.Dense(3, activation="tanh", name="right")(b)
    both = L.Concatenate(name="both")([left, right])
    return keras.Model([a, b], L.Dense(3, activation="softmax", name="out")(both))


def build(fixtures):
    def model(name, build, x, y, **more):
        fixtures.add(f"Files/{SAVED_BY}", f"model-{name}", build, x=x, y=y, formats=BOTH, **more)

    model(
        "mlp",
        lambda: keras.Sequential(
            [
                keras.Input((5,)),
                L.Dense(6, activation="relu"),
                L.Dropout(0.0),
                L.Dense(4, activation="tanh"),
                L.Dense(3, activation="softmax"),
            ]
        ),
        (5,),
        one_hot(3),
        optimizer=lambda: O.Adam(0.02),
    )
    model(
        "cnn",
        lambda: keras.Sequential(
            [
                keras.Input((6, 6, 2)),
                L.Conv2D(4, 3, activation="relu"),
                L.MaxPooling2D(2),
                L.BatchNormalization(),
                L.Flatten(),
                L.Dense(3, activation="softmax"),
            ]
        ),
        (6, 6, 2),
        one_hot(3),
        whole_batch=True,
    )
    model(
        "lstm",
        lambda: keras.Sequential(
            [keras.Input((4, 3)), L.LSTM(5), L.Dense(3, activation="softmax")]
        ),
        (4, 3),
        one_hot(3),
    )
    model(
        "bidirectional",
        lambda: keras.Sequential(
            [
                keras.Input((4, 3)),
                L.Bidirectional(L.LSTM(3, return_sequences=True)),
                L.LSTM(4),
                L.Dense(3, activation="softmax"),
            ]
        ),
        (4, 3),
        one_hot(3),
    )
    model(
        "masking",
        lambda: keras.Sequential(
            [
                keras.Input((6, 3)),
                L.Masking(),
                L.Bidirectional(L.LSTM(3)),
                L.Dense(3, activation="softmax"),
            ]
        ),
        gaps((6, 3), 0.0),
        one_hot(3),
        optimizer=lambda: O.Adam(0.02),
    )
    model("two-inputs", two_inputs, [(3,), (2,)], one_hot(3))
    if not K3:
        older(fixtures)


def older(fixtures):
    """Files in the words of older versions, made of one of this version."""

    def mlp():
        return keras.Sequential(
            [keras.Input((3,)), L.Dense(4, activation="tanh"), L.Dense(3, activation="softmax")]
        )

    def add(row, name, change, **more):
        fixtures.add(
            f"Files/{row}",
            f"model-{name}",
            mlp,
            optimizer=lambda: O.legacy.Adam(0.02),
            x=(3,),
            y=one_hot(3),
            change=change,
            **more,
        )

    add("TensorFlow 2.0 to 2.14", "older", words_of_24)
    add("Keras 1", "keras1", words_of_1, refused="Keras 1")
    add("weights without a model", "weights", only_weights, refused="save")


def words_of_24(path):
    """No InputLayer, no modules, no names of registration, as TensorFlow 2.4 writes."""
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "2.4.0"
        config = without(json.loads(file.attrs["model_config"]), ("module", "registered_name"))
        layers = config["config"]["layers"]
        first = layers.pop(0)
        layers[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
        file.attrs["model_config"] = json.dumps(config)
        weights = file["model_weights"]
        weights.attrs["layer_names"] = list(weights.attrs["layer_names"])


def words_of_1(path):
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = "1.2.2"
        config = json.loads(file.attrs["model_config"])
        layers = [
            {"class_name": "Dense", "config": {"name": layer["config"]["name"], "output_dim": layer["config"]["units"]}}
            for layer in config["config"]["layers"][1:]
        ]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})


def only_weights(path):
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
        del file.attrs["training_config"]


def without(node, keys):
    if isinstance(node, dict):
        return {key: without(value, keys) for key, value in node.items() if key not in keys}
    return [without(value, keys) for value in node] if isinstance(node, list) else node
