# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes what conf/examples/texts.conf goes on from: lines of this project's files with the kind of the file, a vocabulary
for them (WordPiece), and a small transformer with random weights as ONNX.

    python3 -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.8.0 onnx tokenizers
    /tmp/torch/bin/python conf/models/texts-transformer.py
"""

import csv
import pathlib
import random

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from torch import nn

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
DATA = HERE.parent / "data"
KINDS = {"java": "*.java", "python": "*.py", "shell": "*.sh", "markdown": "*.md", "settings": "*.conf"}
LINES = 250
MOST_TOKENS = 32


def texts():
    """Lines that are long enough to tell, each once."""
    chosen = random.Random(7)
    rows = []
    for kind, pattern in KINDS.items():
        lines = set()
        for folder in ("conf", "deploy", "docs", "python", "spark-job/src/main"):
            for file in (ROOT / folder).rglob(pattern):
                if "target" not in file.parts:
                    lines |= {line.strip() for line in file.read_text(encoding="utf-8").splitlines()}
        lines = sorted(line for line in lines if 25 <= len(line) <= 100 and line.isascii())
        rows += [(line, kind) for line in chosen.sample(lines, min(LINES, len(lines)))]
    chosen.shuffle(rows)
    return rows


def vocabulary(lines):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(lines, trainers.WordPieceTrainer(vocab_size=1000, special_tokens=special))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(MOST_TOKENS)
    return tokenizer


class Transformer(nn.Module):
    """Tokens and places, a block of attention, and a class from the first token."""

    def __init__(self, tokens, width=32, heads=4, classes=len(KINDS)):
        super().__init__()
        self.heads = heads
        self.tokens, self.places = nn.Embedding(tokens, width), nn.Embedding(MOST_TOKENS, width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.before, self.between, self.last = (nn.LayerNorm(width) for _ in range(3))
        self.head = nn.Linear(width, classes)
        self.dropout = nn.Dropout(0.2)

    def forward(self, input_ids, attention_mask):
        n, t = input_ids.shape
        x = self.dropout(self.tokens(input_ids) + self.places(torch.arange(t, device=input_ids.device)))
        q, k, v = self.qkv(self.before(x)).split(x.shape[2], dim=2)
        q, k, v = (y.view(n, t, self.heads, -1).transpose(1, 2) for y in (q, k, v))
        score = q @ k.transpose(-2, -1) / (x.shape[2] // self.heads) ** 0.5
        score = score + (1 - attention_mask.to(x.dtype))[:, None, None, :] * -1e9
        x = x + self.out((torch.softmax(score, dim=-1) @ v).transpose(1, 2).reshape(n, t, -1))
        x = x + self.down(nn.functional.gelu(self.up(self.between(x))))
        return self.head(self.dropout(self.last(x[:, 0])))


def main():
    rows = texts()
    with open(DATA / "texts.csv", "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["text", "kind"])
        writer.writerows(rows)
    tokenizer = vocabulary([line for line, _ in rows])
    tokenizer.save(str(DATA / "texts-tokenizer.json"))
    torch.manual_seed(7)
    model = Transformer(tokenizer.get_vocab_size())
    ids = torch.randint(4, 100, (2, 5))
    steps = {0: "batch", 1: "steps"}
    torch.onnx.export(
        model, (ids, torch.ones_like(ids)), str(HERE / "texts-transformer.onnx"), dynamo=False, opset_version=17,
        # As for training, so that dropout is in the file.
        training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False,
        input_names=["input_ids", "attention_mask"], output_names=["logits"],
        dynamic_axes={"input_ids": steps, "attention_mask": steps, "logits": {0: "batch"}},
    )
    print(len(rows), "lines,", tokenizer.get_vocab_size(), "tokens")


if __name__ == "__main__":
    main()
