/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** What is, and what must not be, in the jar that users submit. */
package io.cairn.jar;
