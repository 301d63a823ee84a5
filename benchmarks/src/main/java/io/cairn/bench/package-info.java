/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Benchmarks, run by {@code deploy/local/bench NAME...}: one line a figure, {@code name value
 * unit}. Ratios are measured side by side in one run, and end 0 whatever they are: a benchmark
 * informs, a test decides.
 */
package io.cairn.bench;
