/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The commands from outside: real processes, real executors, exit codes, and what is left behind.
 */
package io.cairn.cli;
