/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * Small defects put into the core on purpose, one at a time, to see that a test notices: {@code
 * deploy/local/mutations}. The list is {@code mutations.txt} beside this package's resources.
 *
 * <p>The tree is only read: a mutated file is compiled into a temporary folder, which comes first
 * on the class path of a process that runs the tests.
 */
package io.cairn.mutations;
