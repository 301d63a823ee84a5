/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Batch arithmetic, shards, schedules and estimates, all as pure functions of numbers.
 *
 * <p>In: the batch settings, and the numbers of examples and parameters. Out: plans, intervals and
 * estimates, or problems that name the numbers and what would fit.
 *
 * <p>Must not import any room but {@code settings}, nor any library but the JDK.
 */
package io.cairn.plan;
