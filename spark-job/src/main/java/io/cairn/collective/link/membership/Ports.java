/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.membership;

/**
 * The ports at which an endpoint may listen. It takes the first one that is free.
 *
 * <p>Threading: immutable.
 *
 * @param first from 1; 0 in {@link #ANY}
 * @param last at least {@code first}; 0 in {@link #ANY}
 */
public record Ports(int first, int last) {

  /** Whatever port is free. */
  public static final Ports ANY = new Ports(0, 0);

  private static final int MOST = 65_535;

  public Ports {
    boolean any = first == 0 && last == 0;
    if (!any && (first < 1 || last < first || last > MOST)) {
      throw new IllegalArgumentException("no range of ports: " + this);
    }
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
