/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Batch arithmetic, shards and schedules, estimates: pure functions of numbers.
 *
 * <p>In: the batch settings, example counts, parameter counts. Out: plans, intervals and estimates,
 * or problems that name both numbers and what would fit.
 *
 * <p>Must not import any room but {@code settings}; nothing but the JDK.
 */
package io.cairn.plan;
