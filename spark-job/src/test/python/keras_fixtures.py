# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes the Keras files that KerasFixturesTest reads, with what Keras itself makes of them.

Each fixture is a tiny model, some examples, the outputs before training and the losses that Keras has
in five updates of one batch each (before each update, regularisation included). Or it is one that must
be refused, with a part of the sentence. "row" says which row of docs/keras.md it holds.

Run it once with TensorFlow 2.15 and once with Keras 3; each writes one archive:

    python3.11 -m venv /tmp/tf215 && /tmp/tf215/bin/pip install tensorflow-cpu==2.15.1
    python3.11 -m venv /tmp/keras3 && /tmp/keras3/bin/pip install tensorflow-cpu==2.18.1 keras==3.15.1
    /tmp/tf215/bin/python spark-job/src/test/python/keras_fixtures.py
    /tmp/keras3/bin/python spark-job/src/test/python/keras_fixtures.py

With names of fixtures as arguments, or how names begin, only those are made anew.

The numbers are the same in every run on one machine; the files differ in dates and object numbers.
"""

import json
import os
import pathlib
import sys
import tempfile
import zipfile
import zlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import keras  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))

K3 = keras.__version__.startswith("3")
VERSION = "k3" if K3 else "tf215"
RESOURCES = pathlib.Path(__file__).parents[1] / "resources" / "keras"
UPDATES = 5
ONLY = tuple(sys.argv[1:])
L = keras.layers
O = keras.optimizers


class Fixtures:
    """All fixtures of this version, and the archive they go to."""

    def __init__(self):
        self.entries = []
        self.files = {}

    def add(
        self,
        row,
        name,
        build,
        loss="categorical_crossentropy",
        optimizer=None,
        x=None,
        y=None,
        labels=None,
        formats=None,
        refused=None,
        whole_batch=False,
        note=None,
        moved=None,
        decay=0.0,
        change=None,
        constant=None,

        **compile_arguments,
    ):
        """One model.

        row: "Section/first cell" of docs/keras.md
        x, y: shapes of an example, or functions of a generator and the number of examples
        labels: how Cairn lays the labels out, if not as Keras: "one-hot"
        formats: "h5" and "keras"
        refused: part of the sentence with which the file is refused
        whole_batch: statistics of a batch are compared, so that it must not be cut
        note: part of a note that reading the file must give
        moved: the activation that goes from the loss into the output layer
        constant: what Keras counts into the loss and Deeplearning4j does not, given the model
        change: what is done to the saved file, given its path
        decay: weight decay, whose score Deeplearning4j counts and Keras does not
        """
        if ONLY and not name.startswith(ONLY):
            return
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        keras.backend.clear_session()
        model = build()
        model.set_weights([weight(rng, w) for w in model.get_weights()])
        model.compile(optimizer=optimizer() if optimizer else O.SGD(0.1), loss=loss, **compile_arguments)
        entry = {"row": row, "name": name, "files": []}
        for kind in formats or (["keras"] if K3 else ["h5"]):
            file = f"{name}.{kind}"
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, file)
                model.save(path)
                if change:
                    change(path)
                self.files[file] = pathlib.Path(path).read_bytes()
            entry["files"].append(file)
        if refused:
            entry["refused"] = refused
        else:
            count = 6
            xs = [values(rng, count, one) for one in (x if isinstance(x, list) else [x])]
            ys = [values(rng, count, one) for one in (y if isinstance(y, list) else [y])]
            outputs = model(single(xs), training=False)
            outputs = [one.numpy() for one in (outputs if isinstance(outputs, list) else [outputs])]
            if moved:
                outputs = [getattr(tf.nn, moved)(one).numpy() for one in outputs]
            model.run_eagerly = True  # the same numbers, and no graph to be built for five updates
            history = model.fit(
                single(xs), single(ys), batch_size=count, epochs=UPDATES, shuffle=False, verbose=0
            )
            if labels == "one-hot":
                ys = [np.eye(outputs[0].shape[-1], dtype="float32")[np.squeeze(one)] for one in ys]
            entry.update(
                inputs=[plain(one) for one in xs],
                labels=[plain(one) for one in ys],
                outputs=[plain(one) for one in outputs],
                losses=[float(one) for one in history.history["loss"]],
                wholeBatch=whole_batch,
                weightDecay=decay,
                constant=float(constant(model)) if constant else 0.0,
            )
            if note:
                entry["note"] = note
        self.entries.append(entry)
        print(VERSION, name, "refused" if refused else entry["losses"], flush=True)

    def write(self):
        """The archive: fixtures.json and the files. What was not asked for stays as it is."""
        target = RESOURCES / f"{VERSION}.zip"
        made = {entry["name"] for entry in self.entries}
        if ONLY and target.exists():
            with zipfile.ZipFile(target) as archive:
                for entry in json.loads(archive.read("fixtures.json")):
                    if entry["name"] not in made:
                        self.entries.append(entry)
                        self.files.update({file: archive.read(file) for file in entry["files"]})
        self.entries.sort(key=lambda entry: (entry["row"], entry["name"]))
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            texts = {"fixtures.json": json.dumps(self.entries).encode(), **self.files}
            for name, content in sorted(texts.items()):
                archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        print(target, target.stat().st_size, "bytes,", len(self.entries), "fixtures")


def single(arrays):
    return arrays if len(arrays) > 1 else arrays[0]


def plain(array):
    array = np.asarray(array, dtype="float32")
    return {"shape": list(array.shape), "values": [float(f"{v:.9g}") for v in array.ravel()]}


def weight(rng, old):
    """Weights in which nothing is special: variances positive, all else around 0."""
    values = rng.normal(0, 0.4, old.shape).astype("float32")
    return np.abs(values) + 0.5 if old.ndim == 1 and np.all(old == 1) else values


def values(rng, count, one):
    if callable(one):
        return one(rng, count)
    return np.round(rng.normal(0, 1, (count, *one)), 3).astype("float32")


def one_hot(classes, *places):
    return lambda rng, n: np.eye(classes, dtype="float32")[rng.integers(0, classes, (n, *places))]


def index(classes):
    return lambda rng, n: rng.integers(0, classes, (n,)).astype("int32")


def binary(columns):
    return lambda rng, n: rng.integers(0, 2, (n, columns)).astype("float32")


def positive(columns):
    return lambda rng, n: np.round(rng.uniform(0.2, 2, (n, columns)), 3).astype("float32")


def mlp(activation="softmax", units=3, **hidden):
    """3 -> 4 tanh -> units."""
    return lambda: keras.Sequential(
        [
            keras.Input((3,), name="in"),
            L.Dense(4, activation="tanh", name="hidden", **hidden),
            L.Dense(units, activation=activation, name="out"),
        ]
    )


def layer(shape, *makers, head="softmax"):
    """An input, some layers, and three classes."""
    return lambda: keras.Sequential(
        [keras.Input(shape, name="in"), *[make() for make in makers], L.Dense(3, activation=head, name="out")]
    )


def build_all(fixtures):
    import keras_fixtures_layers
    import keras_fixtures_models
    import keras_fixtures_training
    import keras_fixtures_whole

    keras_fixtures_models.build(fixtures)
    keras_fixtures_layers.build(fixtures)
    keras_fixtures_training.build(fixtures)
    keras_fixtures_whole.build(fixtures)


if __name__ == "__main__":
    sys.modules["keras_fixtures"] = sys.modules["__main__"]
    all_of_them = Fixtures()
    build_all(all_of_them)
    all_of_them.write()
