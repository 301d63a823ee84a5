# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch DistributedDataParallel over Gloo on two processes of one thread each, gradients accumulated with no_sync.

Arguments: model (mlp, lenet, or bert-tiny and bert-base with 64 tokens an example), micro-batch, accumulation steps,
seconds. Prints examples a second of both processes.
"""
import contextlib
import os
import sys
import time

import bert
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

WORLD = 2
READY_BATCHES = 64
TOKENS = 64


def network(name):
    if name.startswith("bert-"):
        return bert.Bert(name[5:])
    if name == "mlp":
        return nn.Sequential(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 20, 5), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(20, 50, 5), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10))


def batch(name, micro):
    if name.startswith("bert-"):
        return bert.batch(name[5:], micro, TOKENS)
    return (torch.rand(micro, 784),), torch.randint(0, 10, (micro,))


def window(model, optimizer, loss, batches, start, steps):
    optimizer.zero_grad(set_to_none=False)
    for step in range(steps):
        x, y = batches[(start + step) % len(batches)]
        last = step == steps - 1
        with contextlib.nullcontext() if last else model.no_sync():
            (loss(model(*x), y) / steps).backward()
    optimizer.step()


def worker(rank, name, micro, steps, seconds, speeds):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29517")
    torch.set_num_threads(1)
    torch.manual_seed(rank)
    dist.init_process_group("gloo", rank=rank, world_size=WORLD)
    model = DistributedDataParallel(network(name))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss = nn.CrossEntropyLoss()
    batches = [batch(name, micro) for _ in range(READY_BATCHES)]
    done = 0
    # One of a large model is as good as many.
    for _ in range(1 if name == "bert-base" else 20):
        window(model, optimizer, loss, batches, done, steps)
        done += steps
    dist.barrier()
    begin = time.perf_counter()
    # A fixed number of windows on both ranks, from the speed of a few.
    few = 2 if name == "bert-base" else 5
    for _ in range(few):
        window(model, optimizer, loss, batches, done, steps)
        done += steps
    each = torch.tensor([(time.perf_counter() - begin) / few])
    dist.all_reduce(each, op=dist.ReduceOp.MAX)
    count = max(5, int(seconds / each.item()))
    dist.barrier()
    begin = time.perf_counter()
    for _ in range(count):
        window(model, optimizer, loss, batches, done, steps)
        done += steps
    dist.barrier()
    speeds[rank] = count * steps * micro / (time.perf_counter() - begin)
    dist.destroy_process_group()


if __name__ == "__main__":
    speeds = mp.get_context("spawn").Array("d", WORLD)
    arguments = (sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), speeds)
    mp.spawn(worker, args=arguments, nprocs=WORLD)
    print(f"{sum(speeds):.1f}")
