/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/** The DAGs of {@code deploy/airflow}, in a real Airflow. */
package io.cairn.deploy.airflow;
