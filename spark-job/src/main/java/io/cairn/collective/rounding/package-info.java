/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What is done with numbers: they are added, rounded to bf16, and rounding errors are kept.
 *
 * <p>In comes a {@link io.cairn.collective.rounding.Segment} of the buffer that is summed, and the
 * bytes of a message for it. Out come changed numbers in the segment, or the bytes to send. {@link
 * io.cairn.collective.rounding.ErrorFeedback} is the only state that lasts from sum to sum.
 *
 * <p>Imports the JDK and the words of {@code io.cairn.collective} only.
 */
package io.cairn.collective.rounding;
