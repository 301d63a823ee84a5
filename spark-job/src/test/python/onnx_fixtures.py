# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the ONNX files of the tests, and what PyTorch and onnxruntime compute of them.

    pip install torch==2.8.0 onnx onnxruntime "transformers<5"
    python onnx_fixtures.py ../resources/io/cairn/replica/onnx [small | sequences | others | bounded]...

For each model: NAME_opN.onnx in float32 and NAME_double.onnx; NAME.npz with inputs (in_*), labels, onnxruntime's output
(out32), PyTorch's in float64 (out64), the loss as a sum (loss64) and its gradient by file and initializer (g64/FILE/*, of
the newest and of float64), and after 20 updates of AdamW with groups and a schedule on all examples as one batch the
losses before each (losses) and the parameters (p64/*) by the names of NAME_double.onnx.
"""

import io
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
OUT = sys.argv[1] + "/"
UPDATES = 20


class Classifier(nn.Module):
    """A transformer's logits alone."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).logits


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.down = nn.Conv2d(4, 6, 3, stride=2)
        self.head = nn.Linear(6, 5)

    def forward(self, x):
        x = torch.relu(self.first(x))
        x = self.pool(torch.relu(self.second(x) + x))
        x = torch.relu(self.down(x))
        return self.head(x.mean(dim=(2, 3)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.between = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x, mask):
        n, t, c = x.shape
        q, k, v = self.qkv(self.before(x)).split(c, dim=2)
        q, k, v = (y.view(n, t, self.heads, c // self.heads).transpose(1, 2) for y in (q, k, v))
        score = q @ k.transpose(-2, -1) / (c // self.heads) ** 0.5
        score = torch.where(mask, score, torch.full((), -1e9, dtype=x.dtype))
        y = (torch.softmax(score, dim=-1) @ v).transpose(1, 2).reshape(n, t, c)
        x = x + self.out(y)
        return x + self.down(nn.functional.gelu(self.up(self.between(x))))


class Causal(nn.Module):
    """Like GPT: a class for each token, from the tokens before it; the head is the embedding."""

    def __init__(self, vocabulary=23, width=12, heads=2, layers=2, most=16):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(most, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.last = nn.LayerNorm(width)
        self.register_buffer("causal", torch.tril(torch.ones(most, most)).bool()[None, None])

    def forward(self, input_ids):
        t = input_ids.shape[1]
        x = self.tokens(input_ids) + self.places(torch.arange(t, device=input_ids.device))
        for block in self.blocks:
            x = block(x, self.causal[:, :, :t, :t])
        return nn.functional.linear(self.last(x), self.tokens.weight)


class Vision(nn.Module):
    """Layers of an older image model, and a head of one value."""

    def __init__(self):
        super().__init__()
        self.before = nn.BatchNorm2d(2)
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.average = nn.AvgPool2d(2)
        self.between = nn.BatchNorm2d(4)
        self.behind = nn.BatchNorm2d(4)
        self.mean, self.most = nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1)
        self.mix = nn.Linear(8, 6)
        self.head = nn.Linear(6, 1)
        for norm in (self.before, self.between, self.behind):
            norm.running_mean.normal_(0, 0.3)
            norm.running_var.uniform_(0.5, 2)
        # The exporter writes these once, with an Identity for the second.
        self.behind.running_var.copy_(self.between.running_var)

    def forward(self, x):
        x = self.between(self.average(torch.sigmoid(self.first(self.before(x)))))
        x = self.behind(torch.relu(x) + 0.3 * x)
        x = torch.flatten(torch.cat([self.mean(x), self.most(x)], dim=1), 1)
        x = torch.log(torch.exp(-torch.abs(self.mix(x))) + 0.5)
        return self.head(torch.reciprocal(x + 2.0))


class Masks(nn.Module):
    """Sentences of which some tokens do not count, by all that compares."""

    def __init__(self, vocabulary=23, width=6, classes=4):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.scale = nn.Parameter(torch.ones(width))
        self.head = nn.Linear(3 * width, classes)

    def forward(self, input_ids):
        real = torch.logical_and(input_ids > 0, input_ids < 22)
        some = torch.logical_and(input_ids >= 2, input_ids <= 20)
        keep = torch.logical_and(torch.logical_and(real, some), torch.logical_not(input_ids == 5))
        keep = keep.unsqueeze(-1)
        x = self.tokens(input_ids)
        x = x * self.scale.expand(x.shape)
        counted = torch.where(keep, x, torch.zeros_like(x))
        most = torch.amax(torch.where(keep, x, torch.full_like(x, -3.0)), dim=1)
        sums = counted.sum(dim=1)
        squares = (counted * counted).sum(dim=1, keepdim=True).squeeze(1)
        return torch.log_softmax(self.head(torch.cat([sums, most, squares], dim=-1)), dim=-1)


class Bounded(nn.Module):
    """Values that bounds hold, some of which are equal: then PyTorch divides the gradient."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 8)
        self.mix, self.head = nn.Linear(8, 8), nn.Linear(8, 4)

    def forward(self, x):
        x = self.first(x)
        x = torch.maximum(x, torch.abs(x))
        x = torch.minimum(x, torch.abs(self.second(x)))
        x = torch.clamp(self.mix(x), -0.4, 0.3) + torch.clamp(x, min=0.2) + torch.clamp(x, max=0.5)
        return self.head(torch.minimum(x, torch.full((), 0.9, dtype=x.dtype)))


def as_others_write(path):
    """Dropout stays, as in files that other exporters write, and a maximum over all is one operator."""
    model = onnx.load(path)
    most = next(n for n in model.graph.node if n.op_type == "MaxPool")
    most.op_type = "GlobalMaxPool"
    del most.attribute[:]
    gemm = next(n for n in reversed(model.graph.node) if n.op_type == "Gemm")
    opset = model.opset_import[0].version
    if opset >= 12:
        model.graph.initializer.append(numpy_helper.from_array(np.array(0.25, np.float32), "ratio"))
        node = onnx.helper.make_node("Dropout", [gemm.input[0], "ratio"], ["dropped"], name="drop")
    else:
        node = onnx.helper.make_node("Dropout", [gemm.input[0]], ["dropped"], name="drop", ratio=0.25)
    gemm.input[0] = "dropped"
    model.graph.node.insert(list(model.graph.node).index(gemm), node)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def bert():
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        vocab_size=40, max_position_embeddings=24, num_labels=3, attn_implementation="eager",
    )
    return Classifier(BertForSequenceClassification(config))


def spread(model):
    """No two parameters alike: the exporter makes one of those that are."""
    torch.manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.05 * torch.randn_like(p))
    return model.eval()


def sentences(vocabulary, count=24, most=12, seed=3):
    """Token 0 is padding: PyTorch's padding_idx gives it no gradient, and the ONNX file does not say so."""
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, most + 1, (count,), generator=g)
    lengths[0] = most
    mask = (torch.arange(most)[None] < lengths[:, None]).long()
    return torch.randint(1, vocabulary, (count, most), generator=g) * mask, mask, g


def initializers(path):
    graph = onnx.load(path).graph
    found = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    aliases = {n.output[0]: n.input[0] for n in graph.node if n.op_type == "Identity"}
    for name, source in aliases.items():
        if source in found:
            found[name] = found[source]
    return found


def named(model, path, values):
    """Values of the parameters by the names that the file has for them, laid out as there."""
    held = initializers(path)
    result = {}
    for name, parameter in model.named_parameters():
        own = parameter.detach().numpy()
        value = values[name].detach().double().numpy()
        for other, array in held.items():
            if array.dtype.kind != "f" or array.size != own.size:
                continue
            if array.shape == own.shape and np.array_equal(array, own):
                result[other] = value
            elif own.ndim == 2 and array.shape == own.T.shape and np.array_equal(array, own.T):
                result[other] = np.ascontiguousarray(value.T)
    return result


def losses_of(kind, output, labels, mask):
    if kind == "class":
        return nn.functional.cross_entropy(output, labels, reduction="sum"), float(len(labels))
    if kind == "value":
        return ((output - labels[:, None].to(output.dtype)) ** 2).sum(), float(len(labels))
    rows = nn.functional.cross_entropy(output.flatten(0, 1), labels.flatten(), reduction="none")
    return (rows * mask.flatten().to(rows.dtype)).sum(), float(mask.sum())


def optimizer_of(model):
    """AdamW with groups; its rates rise for 5 updates and fall to zero at the end."""
    kinds = (nn.LayerNorm, nn.BatchNorm2d)
    norms = {id(p) for m in model.modules() if isinstance(m, kinds) for p in m.parameters()}
    norms |= {id(m.scale) for m in model.modules() if hasattr(m, "scale")}
    found = list(model.parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in found if p.ndim > 1], "weight_decay": 1e-2},
            {"params": [p for p in found if p.ndim == 1 and id(p) not in norms], "weight_decay": 0.0},
            {"params": [p for p in found if id(p) in norms], "weight_decay": 0.0, "lr": 2e-3},
        ],
        lr=1e-3,
    )
    rise = 5
    share = lambda i: (i + 1) / rise if i < rise else 1 - (i - rise) / (UPDATES - rise)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def make(name, model, inputs, labels, kind="class", opsets=(11, 13, 17), dynamic=None, mask=None,
         change=lambda path: None):
    spread(model)
    names = list(inputs)
    arguments = tuple(inputs.values())
    axes = {k: {0: "b", 1: "s"} for k in names} if dynamic == "steps" else {k: {0: "b"} for k in names}
    axes["logits"] = {0: "b", 1: "s"} if kind == "token" else {0: "b"}
    saved = {"in_" + k: v.numpy() for k, v in inputs.items()}
    saved["labels"] = labels.numpy()
    if mask is not None:
        saved["mask"] = mask.numpy()
    for opset in opsets:
        path = f"{OUT}{name}_op{opset}.onnx"
        torch.onnx.export(model, arguments, path, input_names=names, output_names=["logits"],
                          dynamic_axes=axes, opset_version=opset, dynamo=False)
        change(path)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        saved["out32"] = session.run(None, {k: v.numpy() for k, v in inputs.items()})[0]
    double = model.double()
    wide = tuple(a.double() if a.is_floating_point() else a for a in arguments)
    # In float64 throughout: the constants of the other files are rounded to float32.
    torch.onnx.export(double, wide, f"{OUT}{name}_double.onnx", input_names=names, output_names=["logits"],
                      dynamic_axes=axes, opset_version=opsets[-1], dynamo=False)
    change(f"{OUT}{name}_double.onnx")
    for variant in [f"op{opsets[-1]}", "double"]:
        path = f"{OUT}{name}_{variant}.onnx"
        output = double(*wide)
        loss, terms = losses_of(kind, output, labels, mask)
        double.zero_grad()
        loss.backward()
        saved["out64"] = output.detach().numpy()
        saved["loss64"] = np.array(loss.item())
        grads = {n: p.grad.clone() if p.grad is not None else torch.zeros_like(p)
                 for n, p in double.named_parameters()}
        # The exporter numbers its nodes, so that names differ from file to file.
        named_after = double if variant == "double" else model.float()
        for key, value in named(named_after, path, grads).items():
            saved[f"g64/{variant}/{key}"] = value
        double = model.double()
        before = {n: p.detach().clone() for n, p in double.named_parameters()}
        if variant == "double":
            optimizer, schedule = optimizer_of(double)
            steps = []
            for _ in range(UPDATES):
                optimizer.zero_grad()
                loss, terms = losses_of(kind, double(*wide), labels, mask)
                (loss / terms).backward()
                steps.append(loss.item() / terms)
                optimizer.step()
                schedule.step()
            after = {n: p.detach().clone() for n, p in double.named_parameters()}
            with torch.no_grad():
                for n, p in double.named_parameters():
                    p.copy_(before[n])
            for key, value in named(double, path, after).items():
                saved[f"p64/{key}"] = value
            saved["losses"] = np.array(steps)
    model.float()
    np.savez_compressed(f"{OUT}{name}.npz", **{k.replace("/", "~"): np.ascontiguousarray(v) for k, v in saved.items()})
    print(name, "ort-torch", np.abs(saved["out32"] - saved["out64"]).max(), "loss", saved["loss64"],
          sorted({n.op_type for o in opsets for n in onnx.load(f"{OUT}{name}_op{o}.onnx").graph.node}))


def small():
    torch.manual_seed(0)
    g = torch.Generator().manual_seed(0)
    mlp = nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 7), nn.Tanh(), nn.Linear(7, 4))
    make("mlp", mlp, {"x": torch.randn(24, 6, generator=g)}, torch.randint(0, 4, (24,), generator=g))
    make("cnn", Residual(), {"x": torch.randn(24, 1, 9, 9, generator=g)},
         torch.randint(0, 5, (24,), generator=g))


def sequences():
    ids, mask, g = sentences(23)
    make("gpt", Causal(), {"input_ids": ids}, torch.randint(0, 23, ids.shape, generator=g) * mask,
         kind="token", dynamic="steps", mask=mask)
    ids, mask, g = sentences(40)
    types = (torch.arange(ids.shape[1])[None] >= 4).long() * mask
    make("bert", bert(), {"input_ids": ids, "attention_mask": mask, "token_type_ids": types},
         torch.randint(0, 3, (24,), generator=g), dynamic="steps", mask=mask)


def others():
    torch.manual_seed(2)
    g = torch.Generator().manual_seed(2)
    make("vision", Vision(), {"x": torch.randn(24, 2, 8, 8, generator=g)},
         torch.randn(24, generator=g), kind="value", change=as_others_write)
    ids, mask, g = sentences(23, seed=5)
    make("masks", Masks(), {"input_ids": ids}, torch.randint(0, 4, (24,), generator=g),
         dynamic="steps", mask=mask)


def bounded():
    torch.manual_seed(4)
    g = torch.Generator().manual_seed(4)
    make("bounded", Bounded(), {"x": torch.randn(24, 6, generator=g)},
         torch.randint(0, 4, (24,), generator=g))


def main():
    made = {"small": small, "sequences": sequences, "others": others, "bounded": bounded}
    for name in sys.argv[2:] or made:
        made[name]()


if __name__ == "__main__":
    main()
