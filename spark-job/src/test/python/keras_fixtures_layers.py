# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Layers, one or more fixtures for each row."""

import keras

from keras_fixtures import K3, L, one_hot

CLASSES = one_hot(3)


def chain(shape, *layers, head=True):
    """The layers, flattened if need be, and three classes."""

    def build():
        made = [make() for make in layers]
        model = keras.Sequential([keras.Input(shape, name="in"), *made])
        if head:
            if len(model.output_shape) > 2:
                model.add(L.Flatten(name="flat"))
            model.add(L.Dense(3, activation="softmax", name="out"))
        return model

    return build


def build(fixtures):
    def layer(row, name, shape, *makers, **more):
        build = chain(shape, *makers)
        fixtures.add(f"Layers/{row}", f"layer-{name}", build, **{"x": shape, "y": CLASSES, **more})

    dense(layer)
    activations(layer)
    convolutions(layer)
    pooling(layer)
    shapes(layer)
    normalization(layer)
    recurrent(layer)
    embedding(layer)
    merging(fixtures)
    others(fixtures, layer)


def dense(layer):
    layer("Dense", "dense", (4,), lambda: L.Dense(5, activation="relu"))
    layer("Dense", "dense-no-bias", (4,), lambda: L.Dense(5, use_bias=False))
    layer("Dense", "dense-steps", (3, 4), lambda: L.Dense(5, activation="tanh"))
    layer("TimeDistributed", "timedistributed", (3, 4), lambda: L.TimeDistributed(L.Dense(5, activation="tanh")))
    layer("Dropout", "dropout", (4,), lambda: L.Dense(5), lambda: L.Dropout(0.0))
    layer("GaussianNoise, GaussianDropout, AlphaDropout, SpatialDropout", "gaussian", (4,), lambda: L.GaussianNoise(0.0))


def activations(layer):
    layer("Activation", "activation", (4,), lambda: L.Dense(5), lambda: L.Activation("tanh"))
    layer("ReLU", "relu", (4,), lambda: L.Dense(5), lambda: L.ReLU())
    layer("ReLU", "relu-six", (4,), lambda: L.Dense(5), lambda: L.ReLU(max_value=6.0))
    slope = {"negative_slope": 0.3} if K3 else {"alpha": 0.3}
    layer("LeakyReLU", "leakyrelu", (4,), lambda: L.Dense(5), lambda: L.LeakyReLU(**slope))
    layer("ELU", "elu", (4,), lambda: L.Dense(5), lambda: L.ELU(1.0))
    layer("ELU", "elu-alpha", (4,), lambda: L.Dense(5), lambda: L.ELU(0.5), refused="alpha = 0.5 is not supported")
    layer("PReLU", "prelu", (4,), lambda: L.Dense(5), lambda: L.PReLU())
    layer("PReLU", "prelu-shared", (4, 4, 2), lambda: L.Conv2D(2, 2), lambda: L.PReLU(shared_axes=[1, 2]))
    layer("Softmax", "softmax", (4,), lambda: L.Dense(5), lambda: L.Softmax())


def convolutions(layer):
    layer("Conv1D", "conv1d", (6, 2), lambda: L.Conv1D(3, 2, activation="relu"))
    layer("Conv1D", "conv1d-same", (6, 2), lambda: L.Conv1D(3, 3, strides=2, padding="same"))
    layer("Conv1D", "conv1d-causal", (6, 2), lambda: L.Conv1D(3, 2, padding="causal", dilation_rate=2))
    layer("Conv2D", "conv2d", (6, 5, 2), lambda: L.Conv2D(3, 2, activation="relu"))
    layer("Conv2D", "conv2d-same", (6, 5, 2), lambda: L.Conv2D(3, 3, strides=2, padding="same", use_bias=False))
    layer("Conv2D", "conv2d-dilated", (6, 5, 2), lambda: L.Conv2D(3, 2, dilation_rate=2))
    layer("Conv3D", "conv3d", (4, 4, 3, 2), lambda: L.Conv3D(3, 2))
    layer("Conv2DTranspose", "conv2dtranspose", (4, 3, 2), lambda: L.Conv2DTranspose(3, 2, strides=2))
    layer("Conv2DTranspose", "conv2dtranspose-same", (4, 3, 2), lambda: L.Conv2DTranspose(3, 3, padding="same"))
    layer("DepthwiseConv2D", "depthwise", (5, 4, 2), lambda: L.DepthwiseConv2D(2, depth_multiplier=2))
    layer("SeparableConv2D", "separable", (5, 4, 2), lambda: L.SeparableConv2D(3, 2, activation="relu"))
    layer("SeparableConv1D", "separable1d", (5, 2), lambda: L.SeparableConv1D(3, 2), refused=unknown("SeparableConv1D"))


def pooling(layer):
    layer("MaxPooling1D, AveragePooling1D", "maxpooling1d", (6, 2), lambda: L.MaxPooling1D(2))
    layer("MaxPooling1D, AveragePooling1D", "averagepooling1d", (6, 2), lambda: L.AveragePooling1D(2))
    layer("MaxPooling2D, AveragePooling2D", "maxpooling2d", (6, 4, 2), lambda: L.MaxPooling2D(2))
    layer("MaxPooling2D, AveragePooling2D", "averagepooling2d", (6, 4, 2), lambda: L.AveragePooling2D(2))
    layer("MaxPooling2D, AveragePooling2D", "maxpooling2d-same", (5, 5, 2), lambda: L.MaxPooling2D(2, padding="same"))
    layer("MaxPooling3D, AveragePooling3D", "maxpooling3d", (4, 4, 4, 2), lambda: L.MaxPooling3D(2))
    layer("GlobalMaxPooling1D, GlobalAveragePooling1D", "globalmax1d", (6, 2), lambda: L.GlobalMaxPooling1D())
    layer("GlobalMaxPooling1D, GlobalAveragePooling1D", "globalaverage1d", (6, 2), lambda: L.GlobalAveragePooling1D())
    layer("GlobalMaxPooling2D, GlobalAveragePooling2D", "globalmax2d", (4, 5, 2), lambda: L.GlobalMaxPooling2D())
    layer("GlobalMaxPooling2D, GlobalAveragePooling2D", "globalaverage2d", (4, 5, 2), lambda: L.GlobalAveragePooling2D())


def shapes(layer):
    layer("Flatten", "flatten", (3, 4, 2), lambda: L.Flatten())
    layer("Flatten", "flatten-steps", (3, 4), lambda: L.Flatten(), lambda: L.Dense(4))
    layer("Reshape", "reshape", (12,), lambda: L.Reshape((3, 2, 2)), lambda: L.Conv2D(3, 2))
    layer("Permute", "permute", (3, 4), lambda: L.Permute((2, 1)), lambda: L.Conv1D(2, 2))
    layer("RepeatVector", "repeatvector", (3,), lambda: L.RepeatVector(4), lambda: L.LSTM(2))
    layer("ZeroPadding1D, ZeroPadding2D", "zeropadding1d", (4, 2), lambda: L.ZeroPadding1D((1, 2)), lambda: L.Conv1D(2, 2))
    layer(
        "ZeroPadding1D, ZeroPadding2D",
        "zeropadding2d",
        (4, 3, 2),
        lambda: L.ZeroPadding2D(((1, 2), (0, 1))),
        lambda: L.Conv2D(2, 2),
    )
    layer("Cropping1D", "cropping1d", (6, 2), lambda: L.Cropping1D((1, 2)), lambda: L.Conv1D(2, 2))
    layer("Cropping2D", "cropping2d", (6, 5, 2), lambda: L.Cropping2D(1), refused="Cropping2D is not supported")
    layer("UpSampling1D, UpSampling2D", "upsampling1d", (3, 2), lambda: L.UpSampling1D(2), lambda: L.Conv1D(2, 2))
    layer("UpSampling1D, UpSampling2D", "upsampling2d", (3, 2, 2), lambda: L.UpSampling2D(2), lambda: L.Conv2D(2, 2))


def normalization(layer):
    layer("BatchNormalization", "batchnorm", (4,), lambda: L.Dense(5), lambda: L.BatchNormalization(), whole_batch=True)
    layer(
        "BatchNormalization",
        "batchnorm-plain",
        (4, 3, 2),
        lambda: L.Conv2D(3, 2, activation="tanh"),
        lambda: L.BatchNormalization(center=False, scale=False, momentum=0.8, epsilon=0.01),
        whole_batch=True,
    )
    layer("LayerNormalization", "layernorm", (4,), lambda: L.Dense(5), lambda: L.LayerNormalization(), refused=unknown("LayerNormalization"))


def unknown(name):
    return f"layers of the class {name} are not supported"


def recurrent(layer):
    layer("GRU", "gru", (4, 3), lambda: L.GRU(3), refused=unknown("GRU"))
    for make, name in ((L.LSTM, "LSTM"), (L.SimpleRNN, "SimpleRNN")):
        low = name.lower()
        layer(name, low, (4, 3), lambda: make(3))
        layer(name, f"{low}-sequences", (4, 3), lambda: make(3, return_sequences=True))
    layer("LSTM", "lstm-square", (4, 4), lambda: L.LSTM(4))
    layer("LSTM", "lstm-stacked", (4, 3), lambda: L.LSTM(3, return_sequences=True), lambda: L.LSTM(2, unit_forget_bias=False))
    layer("LSTM", "lstm-backwards", (4, 3), lambda: L.LSTM(3, go_backwards=True), refused="go_backwards = true")
    layer("Bidirectional", "bidirectional", (4, 3), lambda: L.Bidirectional(L.LSTM(3)))
    layer("Bidirectional", "bidirectional-sum", (4, 3), lambda: L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum"))
    for name, front, back in (
        ("masking", L.Masking, lambda: L.LSTM(3)),
        ("masking-value", lambda: L.Masking(-1.0), lambda: L.SimpleRNN(3)),
        ("masking-bidirectional", L.Masking, lambda: L.Bidirectional(L.LSTM(3))),
    ):
        layer("Masking", name, (4, 3), front, back, refused="Masking is not supported")


def tokens(*shape):
    return lambda rng, n: rng.integers(0, 6, (n, *shape)).astype("float32")


def embedding(layer):
    layer("Embedding", "embedding", (4,), lambda: L.Embedding(6, 3), lambda: L.LSTM(2), x=tokens(4))
    layer("Embedding", "embedding-flatten", (4,), lambda: L.Embedding(6, 3), L.Flatten, lambda: L.Dense(4), x=tokens(4))
    layer("Embedding", "embedding-mask", (4,), lambda: L.Embedding(6, 3, mask_zero=True), lambda: L.LSTM(2), refused="mask_zero = true")


def merging(fixtures):
    def two(make, back=4):
        def build():
            a = keras.Input((3,), name="a")
            b = keras.Input((2,), name="b")
            left = L.Dense(4, activation="tanh", name="left")(a)
            right = L.Dense(back, activation="tanh", name="right")(b)
            return keras.Model([a, b], L.Dense(3, activation="softmax", name="out")(make([left, right])))

        return build

    for row, make, name in (
        ("Concatenate", L.Concatenate, "concatenate"),
        ("Add", L.Add, "add"),
        ("Subtract", L.Subtract, "subtract"),
        ("Multiply", L.Multiply, "multiply"),
        ("Average", L.Average, "average"),
        ("Maximum", L.Maximum, "maximum"),
        ("Minimum, Dot", L.Minimum, "minimum"),
    ):
        fixtures.add(
            f"Layers/{row}",
            f"layer-{name}",
            two(lambda tensors, make=make, name=name: make(name=name)(tensors)),
            x=[(3,), (2,)],
            y=CLASSES,
            refused=unknown("Minimum") if name == "minimum" else None,
        )


def others(fixtures, layer):
    def frozen():
        model = chain((4,), lambda: L.Dense(5, activation="tanh", trainable=False, name="frozen"))()
        return model

    fixtures.add("Layers/trainable=False", "layer-frozen", frozen, x=(4,), y=CLASSES)

    def frozen_between():
        return keras.Sequential(
            [
                keras.Input((4,)),
                L.Dense(5, activation="tanh"),
                L.Dense(4, trainable=False, kernel_regularizer="l2"),
                L.Dense(3, activation="softmax"),
            ]
        )

    fixtures.add(
        "Layers/trainable=False",
        "layer-frozen-between",
        frozen_between,
        x=(4,),
        y=CLASSES,
        note="its penalty, which never changes, is not in the loss",
        constant=lambda model: sum(float(one) for one in model.layers[1].losses),  # none in Keras 3
    )

    def nested():
        inner = keras.Sequential([keras.Input((4,)), L.Dense(5, activation="tanh"), L.Dense(4)], name="inner")
        return keras.Sequential([keras.Input((4,)), inner, L.Dense(3, activation="softmax")])

    fixtures.add("Layers/a model as a layer", "layer-nested", nested, x=(4,), y=CLASSES)

    def twice():
        a = keras.Input((4,))
        shared = L.Dense(4, activation="tanh", name="shared")
        return keras.Model(a, L.Dense(3, activation="softmax")(shared(shared(a))))

    fixtures.add("Layers/a layer used twice", "layer-twice", twice, refused="it is used more than once")
    layer("Lambda", "lambda", (4,), lambda: L.Lambda(lambda x: x * 2), refused="is Python code, which is never run here")
    layer(
        "MultiHeadAttention and others",
        "unitnormalization",
        (4,),
        lambda: L.UnitNormalization(),
        refused=unknown("UnitNormalization"),
    )
