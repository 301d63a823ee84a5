# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Writes what PyTorch makes of 20 updates under each optimizer setting, for UpdaterFixturesTest.

Each case is a text of settings and the same in PyTorch: its optimizer, its schedulers, its groups. LAMB,
which PyTorch does not have, is written out below after You et al. 2020, algorithm 2, in float64.
The model is a small perceptron, or the same with batch normalization; a batch has 12 examples.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.8.0 numpy
    /tmp/torch/bin/python spark-job/src/test/python/updater_fixtures.py

The numbers are the same in every run on one machine.
"""

import json
import pathlib

import numpy as np
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
    StepLR,
)

RESOURCE = pathlib.Path(__file__).parents[1] / "resources" / "updater" / "pytorch.json"
UPDATES = 20
PER_EPOCH = 5
BATCH = 12
FEATURES, HIDDEN, CLASSES = 6, 8, 3
RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(UPDATES, BATCH, FEATURES))
Y = RANDOM.integers(0, CLASSES, size=(UPDATES, BATCH))
W1 = RANDOM.normal(size=(FEATURES, HIDDEN)) * 0.4
W2 = RANDOM.normal(size=(HIDDEN, CLASSES)) * 0.4
B1 = RANDOM.normal(size=HIDDEN) * 0.1


class Lamb(torch.optim.Optimizer):
    """You et al. 2020, algorithm 2, with the identity for phi; a ratio is 1 where a norm is 0."""

    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay))
        self.t = 0

    @torch.no_grad()
    def step(self):
        self.t += 1
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                state = self.state[p]
                g = p.grad.numpy()
                m = state["m"] = b1 * state.get("m", np.zeros_like(g)) + (1 - b1) * g
                v = state["v"] = b2 * state.get("v", np.zeros_like(g)) + (1 - b2) * g * g
                r = (m / (1 - b1**self.t)) / (np.sqrt(v / (1 - b2**self.t)) + group["eps"])
                w = p.numpy()
                u = r + group["weight_decay"] * w
                norms = np.linalg.norm(w), np.linalg.norm(u)
                ratio = norms[0] / norms[1] if min(norms) > 0 else 1.0
                p -= torch.from_numpy(group["lr"] * ratio * u)


def model(dtype, normalized):
    hidden = torch.nn.Linear(FEATURES, HIDDEN, dtype=dtype)
    head = torch.nn.Linear(HIDDEN, CLASSES, dtype=dtype)
    middle = torch.nn.BatchNorm1d(HIDDEN, eps=1e-5, dtype=dtype) if normalized else torch.nn.Identity()
    with torch.no_grad():
        hidden.weight.copy_(torch.from_numpy(W1.T))
        hidden.bias.copy_(torch.from_numpy(B1))
        head.weight.copy_(torch.from_numpy(W2.T))
        head.bias.zero_()
    return torch.nn.Sequential(hidden, torch.nn.Tanh(), middle, head)


def parameters(net):
    """By DL4J's names, weights as it has them."""
    named = {
        "hidden_W": net[0].weight.T,
        "hidden_b": net[0].bias,
        "head_W": net[3].weight.T,
        "head_b": net[3].bias,
    }
    if isinstance(net[2], torch.nn.BatchNorm1d):
        named["norm_gamma"] = net[2].weight
        named["norm_beta"] = net[2].bias
    return {name: value.detach().numpy().tolist() for name, value in named.items()}


def train(optimizer, net, scheduler, per_epoch):
    rates, losses = [], []
    for update in range(UPDATES):
        dtype = net[0].weight.dtype
        optimizer.zero_grad()
        out = net(torch.tensor(X[update], dtype=dtype))
        loss = torch.nn.functional.cross_entropy(out, torch.tensor(Y[update]))
        loss.backward()
        rates.append([group["lr"] for group in optimizer.param_groups])
        losses.append(loss.item())
        optimizer.step()
        if scheduler is not None and (not per_epoch or (update + 1) % PER_EPOCH == 0):
            scheduler.step()
    return rates, losses


def warm_up(optimizer, length, then):
    rise = LinearLR(optimizer, start_factor=1 / length, total_iters=length - 1)
    return SequentialLR(optimizer, [rise, then], milestones=[length])


CASES = {}


def case(
    name, settings, optimizer, scheduler=None, groups=("rest",), normalized=False, dtype=torch.float64,
    per_epoch=False,
):  # fmt: skip
    net = model(dtype, normalized)
    made = optimizer(net)
    rates, losses = train(made, net, scheduler(made) if scheduler else None, per_epoch)
    CASES[name] = {
        "settings": settings,
        "float32": dtype is torch.float32,
        "normalized": normalized,
        "groups": list(groups),
        "rates": rates,
        "losses": losses,
        "parameters": parameters(net),
    }


def adam_w(net, lr=1e-2, decay=0.1, **more):
    return torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=decay, **more)


def sgd(net, lr=0.1):
    return torch.optim.SGD(net.parameters(), lr=lr)


ADAM_W = "type = adam-w, learning-rate = 0.01, weight-decay = 0.1"
SGD = "type = sgd, learning-rate = 0.1"

case("adam-w", ADAM_W, adam_w)
case("adam-w, small gradients", ADAM_W + ", epsilon = 0.1, beta1 = 0.8, beta2 = 0.95",
     lambda net: adam_w(net, eps=0.1, betas=(0.8, 0.95)))  # fmt: skip
case("adam-w in float32", ADAM_W, adam_w, dtype=torch.float32)
case("adam-w by default", "type = adam-w, learning-rate = 0.01", lambda net: adam_w(net, decay=0.01))
case("warm-up", ADAM_W + ", schedule { warm-up = 6 }", adam_w,
     lambda o: LinearLR(o, start_factor=1 / 6, total_iters=5))  # fmt: skip
case("warm-up and cosine", ADAM_W + ", schedule { warm-up = 4, decay = cosine, end = 0.1 }", adam_w,
     lambda o: warm_up(o, 4, CosineAnnealingLR(o, T_max=16, eta_min=1e-3)))  # fmt: skip
case("warm-up and linear", ADAM_W + ", schedule { warm-up = 4, decay = linear, length = 12, end = 0.25 }",
     adam_w, lambda o: warm_up(o, 4, LinearLR(o, start_factor=1, end_factor=0.25, total_iters=8)))  # fmt: skip
case("polynomial", SGD + ", schedule { decay = polynomial, power = 2 }", sgd,
     lambda o: PolynomialLR(o, total_iters=20, power=2))  # fmt: skip
case("step", SGD + ", schedule { decay = step, every = 6, factor = 0.5 }", sgd,
     lambda o: StepLR(o, step_size=6, gamma=0.5))  # fmt: skip
case("one-cycle", SGD + ", schedule { decay = one-cycle }", sgd,
     lambda o: OneCycleLR(o, max_lr=0.1, total_steps=20, cycle_momentum=False))  # fmt: skip
case("cosine by epochs", SGD + ", schedule { by = epochs, decay = cosine }", sgd,
     lambda o: CosineAnnealingLR(o, T_max=4), per_epoch=True)  # fmt: skip
case("linear scaling", "type = sgd, learning-rate = 0.1, scale-with-batch { base = 4 }",
     lambda net: sgd(net, 0.3))  # fmt: skip
case("square root scaling", "type = sgd, learning-rate = 0.1, scale-with-batch { base = 3, rule = sqrt }",
     lambda net: sgd(net, 0.2))  # fmt: skip
case(
    "groups",
    ADAM_W + """, schedule { decay = cosine }, groups = [
      { name = no-decay, parameters = [biases, normalization], weight-decay = 0 }
      { layers = ["he*"], learning-rate = 0.002 } ]""",
    lambda net: torch.optim.AdamW([
        {"params": [net[0].weight], "lr": 1e-2, "weight_decay": 0.1},
        {"params": [net[0].bias, net[3].bias, net[2].weight, net[2].bias], "lr": 1e-2, "weight_decay": 0},
        {"params": [net[3].weight], "lr": 2e-3, "weight_decay": 0.1},
    ]),
    lambda o: CosineAnnealingLR(o, T_max=20),
    groups=("rest", "no-decay", "he*"),
    normalized=True,
)  # fmt: skip
case("decay of a normalization", ADAM_W, adam_w, normalized=True)
case("lamb", "type = lamb, learning-rate = 0.02, weight-decay = 0.05",
     lambda net: Lamb(net.parameters(), 0.02, weight_decay=0.05))  # fmt: skip
case("lamb in float32", "type = lamb, learning-rate = 0.02",
     lambda net: Lamb(net.parameters(), 0.02), dtype=torch.float32)  # fmt: skip
case(
    "lamb with groups",
    """type = lamb, learning-rate = 0.02, schedule { warm-up = 5, decay = polynomial }, groups = [
      { layers = hidden, parameters = weights, learning-rate = 0.01, weight-decay = 0.2 } ]""",
    lambda net: Lamb([
        {"params": [net[0].weight], "lr": 0.01, "weight_decay": 0.2},
        {"params": [net[0].bias, net[3].weight, net[3].bias], "weight_decay": 0.01},
    ], lr=0.02),
    lambda o: warm_up(o, 5, PolynomialLR(o, total_iters=15, power=1)),
    groups=("hidden weights", "rest"),
)  # fmt: skip

RESOURCE.parent.mkdir(parents=True, exist_ok=True)
RESOURCE.write_text(
    json.dumps(
        {
            "by": "PyTorch " + torch.__version__,
            "x": X.tolist(),
            "y": Y.tolist(),
            "initial": {"hidden_W": W1.tolist(), "hidden_b": B1.tolist(), "head_W": W2.tolist()},
            "cases": CASES,
        },
        indent=1,
    )
    .replace("\n    ", " ")
    + "\n"
)
