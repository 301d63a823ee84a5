# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""BERT for a class of each text, with random weights, and what PyTorch makes of it alone.

    bert.py export SIZE FILE            writes it as ONNX
    bert.py passes SIZE EXAMPLES TOKENS  for each line on standard input, a forward and backward pass on one thread; prints
                                         its processor time in ms

Sizes: tiny (two layers of 64, 1,000 tokens), base (twelve of 768, 30,522 tokens: the shapes of BERT-base).
"""
import sys
import time

import torch
from torch import nn

CLASSES = 3
MOST_TOKENS = 512
# Tokens, width, layers, heads.
SIZES = {"tiny": (1000, 64, 2, 4), "base": (30522, 768, 12, 12)}


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.attended = nn.LayerNorm(width, eps=1e-12)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.last = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, mask):
        n, t, width = x.shape
        q, k, v = (
            made(x).view(n, t, self.heads, width // self.heads).transpose(1, 2)
            for made in (self.query, self.key, self.value))
        score = q @ k.transpose(-2, -1) / (width // self.heads) ** 0.5 + mask
        y = (torch.softmax(score, dim=-1) @ v).transpose(1, 2).reshape(n, t, width)
        x = self.attended(x + self.out(y))
        return self.last(x + self.down(nn.functional.gelu(self.up(x))))


class Bert(nn.Module):
    """After Devlin et al., 2018, without dropout."""

    def __init__(self, size):
        super().__init__()
        tokens, width, layers, heads = SIZES[size]
        self.tokens = nn.Embedding(tokens, width)
        self.places = nn.Embedding(MOST_TOKENS, width)
        self.types = nn.Embedding(2, width)
        self.first = nn.LayerNorm(width, eps=1e-12)
        self.layers = nn.ModuleList([Layer(width, heads) for _ in range(layers)])
        self.pooler, self.head = nn.Linear(width, width), nn.Linear(width, CLASSES)
        for table in (self.tokens, self.places, self.types):
            nn.init.normal_(table.weight, std=0.02)

    def forward(self, input_ids, attention_mask, token_type_ids):
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.first(self.tokens(input_ids) + self.places(places) + self.types(token_type_ids))
        mask = (1 - attention_mask.to(x.dtype))[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(torch.tanh(self.pooler(x[:, 0])))


def batch(size, examples, tokens):
    """A micro-batch: inputs and labels."""
    ids = torch.randint(0, SIZES[size][0], (examples, tokens))
    return (ids, torch.ones_like(ids), torch.zeros_like(ids)), torch.randint(0, CLASSES, (examples,))


def export(size, path):
    torch.manual_seed(1)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "steps"} for name in names}
    axes["logits"] = {0: "batch"}
    torch.onnx.export(
        Bert(size).eval(), batch(size, 2, 5)[0], path, input_names=names, output_names=["logits"],
        dynamic_axes=axes, opset_version=17, dynamo=False)


def passes(size, examples, tokens):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = Bert(size)
    loss = nn.CrossEntropyLoss(reduction="sum")
    inputs, labels = batch(size, examples, tokens)
    print("ready", flush=True)
    for _ in sys.stdin:
        begin = time.process_time()
        model.zero_grad(set_to_none=False)
        loss(model(*inputs), labels).backward()
        print(f"{(time.process_time() - begin) * 1e3:.3f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "export":
        export(*sys.argv[2:])
    else:
        passes(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
