/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * What users copy from {@code conf} and {@code deploy}: run on the real thing where it can be (a
 * Spark distribution's daemons, a YARN, an Airflow), held against the code and against facts where
 * not.
 */
package io.cairn.deploy;
