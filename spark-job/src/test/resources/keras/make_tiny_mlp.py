"""Writes tiny-mlp.h5 beside this file: a Keras 2 sequential model, 4 -> 3 relu -> 2 softmax.

Needs h5py and numpy only. KerasImportTest holds the expected output, which this prints.
"""

import json
import pathlib

import h5py
import numpy as np

w1 = np.arange(12, dtype="float32").reshape(4, 3) / 10 - 0.5
b1 = np.array([0.1, -0.2, 0.3], dtype="float32")
w2 = np.arange(6, dtype="float32").reshape(3, 2) / 4 - 0.6
b2 = np.array([0.05, -0.05], dtype="float32")


def dense(name, units, activation, **more):
    return {
        "class_name": "Dense",
        "config": {
            "name": name,
            "trainable": True,
            "dtype": "float32",
            "units": units,
            "activation": activation,
            "use_bias": True,
            "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
            "bias_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": None,
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
            **more,
        },
    }


model = {
    "class_name": "Sequential",
    "config": {
        "name": "tiny_mlp",
        "layers": [
            dense("hidden", 3, "relu", batch_input_shape=[None, 4]),
            dense("out", 2, "softmax"),
        ],
    },
}
training = {
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "sample_weight_mode": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "name": "Adam",
            "learning_rate": 0.001,
            "decay": 0.0,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-07,
            "amsgrad": False,
        },
    },
}

with h5py.File(pathlib.Path(__file__).with_name("tiny-mlp.h5"), "w", libver="earliest") as f:
    f.attrs["keras_version"] = np.bytes_("2.4.0")
    f.attrs["backend"] = np.bytes_("tensorflow")
    f.attrs["model_config"] = np.bytes_(json.dumps(model))
    f.attrs["training_config"] = np.bytes_(json.dumps(training))
    weights = f.create_group("model_weights")
    weights.attrs["layer_names"] = np.array([b"hidden", b"out"])
    weights.attrs["backend"] = np.bytes_("tensorflow")
    weights.attrs["keras_version"] = np.bytes_("2.4.0")
    for layer, kernel, bias in (("hidden", w1, b1), ("out", w2, b2)):
        group = weights.create_group(layer)
        names = [f"{layer}/kernel:0", f"{layer}/bias:0"]
        group.attrs["weight_names"] = np.array([n.encode() for n in names])
        group.create_dataset(names[0], data=kernel)
        group.create_dataset(names[1], data=bias)

x = np.array([[1.0, 2.0, -1.0, 0.5]], dtype="float32")
logits = np.maximum(x @ w1 + b1, 0) @ w2 + b2
e = np.exp(logits - logits.max())
print((e / e.sum()).tolist())
