# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""What PyTorch makes of fine-tuning the ONNX files of the tests: with frozen parameters, and with another head.

    pip install torch==2.8.0 onnx onnxruntime "transformers<5"
    python tuning_fixtures.py ../resources/io/cairn/replica/onnx

With a second folder, in which GraphHeadTest has written its files (-Dcairn.heads.to=FOLDER), it writes heads.npz alone: the
digest of each file (FILE/sha256) and what onnxruntime computes of it (FILE/output).

Reads NAME_double.onnx and NAME.npz there (onnx_fixtures.py makes them) into PyTorch's model, by the names of the layers, and
writes tuned.npz, in float64. For each CASE: the losses before each of 20 updates of AdamW on all examples as one batch
(CASE/losses), the output behind them (CASE/output), for frozen ones the parameters that were trained (CASE/p64/*, by the
names of the file), and for heads the head's first values (CASE/weight, CASE/bias) and the labels (CASE/labels).
"""

import hashlib
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

from onnx_fixtures import OUT, UPDATES, Causal, bert, losses_of, optimizer_of


def loaded(model, name):
    """The model with the values of a file, and the file's name of each of its parameters."""
    graph = onnx.load(f"{OUT}{name}_double.onnx").graph
    held = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    products = {n.name.strip("/").rsplit("/", 1)[0].replace("/", "."): n.input[1]
                for n in graph.node if n.op_type == "MatMul"}
    model = model.double().eval()
    names = {}
    with torch.no_grad():
        for own, parameter in model.named_parameters():
            layer = own.rsplit(".", 1)[0]
            names[own] = own if own in held else products[layer]
            values = held[names[own]]
            parameter.copy_(torch.from_numpy((values if own in held else values.T).copy()))
    return model, names


def trained(output_of, model, head, kind, labels, mask):
    """The losses of 20 updates, and the output behind them."""
    both = nn.ModuleList([model] + ([head] if head is not None else []))
    optimizer, schedule = optimizer_of(both)
    losses = []
    for _ in range(UPDATES):
        optimizer.zero_grad()
        loss, terms = losses_of(kind, output_of(), labels, mask)
        (loss / terms).backward()
        losses.append(loss.item() / terms)
        optimizer.step()
        schedule.step()
    return np.array(losses), output_of().detach().numpy()


def frozen(saved, case, stays):
    model, names = loaded(bert(), "bert")
    arrays = np.load(f"{OUT}bert.npz")
    inputs = [torch.from_numpy(arrays["in_" + n]) for n in ("input_ids", "attention_mask", "token_type_ids")]
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not stays(name)
    losses, output = trained(lambda: model(*inputs), model, None, "class",
                             torch.from_numpy(arrays["labels"]), None)
    saved[f"{case}/losses"], saved[f"{case}/output"] = losses, output
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            values = parameter.detach().numpy()
            saved[f"{case}/p64/{names[name]}"] = values if names[name] == name else values.T
    print(case, losses[0], losses[-1], sum(p.requires_grad for p in model.parameters()))


def head_of(saved, case, width, classes, labels):
    torch.manual_seed(9)
    head = nn.Linear(width, classes).double()
    saved[f"{case}/weight"] = head.weight.detach().numpy().T.copy()
    saved[f"{case}/bias"] = head.bias.detach().numpy().copy()
    saved[f"{case}/labels"] = labels.numpy()
    return head


def pooled(saved, case, pooling, stays=lambda name: False):
    model, _ = loaded(bert(), "bert")
    arrays = np.load(f"{OUT}bert.npz")
    ids, mask, types = (torch.from_numpy(arrays["in_" + n])
                        for n in ("input_ids", "attention_mask", "token_type_ids"))
    for name, parameter in model.named_parameters():
        parameter.requires_grad = not stays(name)
    labels = (torch.from_numpy(arrays["labels"]) + torch.arange(len(ids))) % 4
    head = head_of(saved, case, 16, 4, labels)

    def output():
        hidden = model.model.bert(input_ids=ids, attention_mask=mask, token_type_ids=types)
        return head(pooling(hidden, mask))

    losses, last = trained(output, model, head, "class", labels, None)
    saved[f"{case}/losses"], saved[f"{case}/output"] = losses, last
    print(case, losses[0], losses[-1])


def mean(hidden, mask):
    """As sentence-transformers has it."""
    real = mask.unsqueeze(-1).double()
    return (hidden.last_hidden_state * real).sum(1) / real.sum(1)


def tokens(saved, case):
    model, _ = loaded(Causal(), "gpt")
    arrays = np.load(f"{OUT}gpt.npz")
    ids, mask = torch.from_numpy(arrays["in_input_ids"]), torch.from_numpy(arrays["mask"])
    labels = torch.from_numpy(arrays["labels"]) % 5
    head = head_of(saved, case, 12, 5, labels)
    found = {}
    model.last.register_forward_hook(lambda module, inputs, output: found.update(hidden=output))

    def output():
        model(ids)
        return head(found["hidden"])

    losses, last = trained(output, model, head, "token", labels, mask)
    saved[f"{case}/losses"], saved[f"{case}/output"] = losses, last
    print(case, losses[0], losses[-1])


def served(folder):
    arrays = np.load(f"{OUT}bert.npz")
    saved = {}
    for path in sorted(pathlib.Path(folder).glob("*.onnx")):
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        inputs = {i.name: arrays["in_" + i.name] for i in session.get_inputs()}
        digest = hashlib.sha256(path.read_bytes()).digest()
        saved[f"{path.stem}/sha256"] = np.array(list(digest), np.int32)
        saved[f"{path.stem}/output"] = session.run(None, inputs)[0]
        print(path.stem, [o.name for o in session.get_outputs()], saved[f"{path.stem}/output"].shape)
    np.savez_compressed(f"{OUT}heads.npz", **{k.replace("/", "~"): v for k, v in saved.items()})


def main():
    if len(sys.argv) > 2:
        served(sys.argv[2])
        return
    saved = {}
    frozen(saved, "until", lambda name: "embeddings" in name or "layer.0." in name)
    frozen(saved, "some", lambda name: name.endswith("LayerNorm.weight") or "layer.1.attention" in name)
    pooled(saved, "first", lambda hidden, mask: hidden.last_hidden_state[:, 0])
    pooled(saved, "mean", mean, lambda name: "embeddings" in name or "layer.0." in name)
    pooled(saved, "none", lambda hidden, mask: hidden.pooler_output)
    tokens(saved, "tokens")
    np.savez_compressed(f"{OUT}tuned.npz", **{k.replace("/", "~"): np.ascontiguousarray(v) for k, v in saved.items()})


if __name__ == "__main__":
    main()
