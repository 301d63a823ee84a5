/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What users copy from {@code conf} and {@code deploy}, held against the code and run on the real
 * thing: a Spark distribution's daemons, a YARN.
 */
package io.cairn.deploy;
