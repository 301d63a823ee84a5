/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * One class in ND4J's own package, because Deeplearning4j looks it up there by name: {@link
 * org.nd4j.nativeblas.Nd4jCpu}. Nothing comes in, nothing goes out, nothing is imported.
 */
package org.nd4j.nativeblas;
