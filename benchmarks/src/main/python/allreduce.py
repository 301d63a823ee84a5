# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""One rank of torch.distributed's all-reduce over Gloo.

Arguments: rank, world size, port of rank 0. Reads lines of bytes and count, does that many all-reduces of that many
bytes of float32, and prints the median nanoseconds and the mean CPU nanoseconds of one.
"""
import os
import sys
import time

import torch
import torch.distributed as dist


def main():
    rank, world = int(sys.argv[1]), int(sys.argv[2])
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=sys.argv[3])
    torch.set_num_threads(1)
    print("MEMBER gloo", flush=True)
    sys.stdin.readline()
    dist.init_process_group("gloo", rank=rank, world_size=world)
    for line in sys.stdin:
        size, count = map(int, line.split())
        tensor = torch.zeros(size // 4)
        times = []
        cpu = time.process_time_ns()
        for _ in range(count):
            start = time.perf_counter_ns()
            dist.all_reduce(tensor)
            times.append(time.perf_counter_ns() - start)
        cpu = (time.process_time_ns() - cpu) // count
        print("TOOK", sorted(times)[count // 2], cpu, flush=True)


if __name__ == "__main__":
    main()
