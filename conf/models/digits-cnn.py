# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Trains the small image model that conf/examples/fine-tune.conf goes on from, in Keras, on the digits 4 to 9.

    python3.11 -m venv /tmp/tf215 && /tmp/tf215/bin/pip install tensorflow-cpu==2.15.1
    /tmp/tf215/bin/python conf/models/digits-cnn.py
"""

import pathlib

import numpy as np
import tensorflow as tf

HERE = pathlib.Path(__file__).parent
L = tf.keras.layers

tf.keras.utils.set_random_seed(7)
table = np.genfromtxt(HERE.parent / "data" / "digits.csv", delimiter=",", skip_header=1)
table = table[table[:, -1] >= 4]
x = (table[:, :-1] / 16).reshape(-1, 8, 8, 1).astype("float32")
y = (table[:, -1] - 4).astype("int32")

model = tf.keras.Sequential(
    [
        L.Conv2D(8, 3, padding="same", name="conv1", input_shape=(8, 8, 1)),
        L.BatchNormalization(name="norm1"),
        L.Activation("relu", name="relu1"),
        L.Conv2D(16, 3, padding="same", name="conv2"),
        L.BatchNormalization(name="norm2"),
        L.Activation("relu", name="relu2"),
        L.MaxPooling2D(name="pool"),
        L.Flatten(name="flat"),
        L.Dense(24, activation="relu", name="dense"),
        L.Dense(6, activation="softmax", name="head"),
    ]
)
model.compile(tf.keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
print(model.fit(x, y, batch_size=32, epochs=12, verbose=0).history["accuracy"][-1])
model.save(HERE / "digits-cnn.h5", include_optimizer=True, save_format="h5")
