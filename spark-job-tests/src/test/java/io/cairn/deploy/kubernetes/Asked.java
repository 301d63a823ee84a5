/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one user has asked of an API server, as its audit log has it.
 *
 * <p>Threading: immutable.
 *
 * @param allowed each verb and resource that was allowed, such as {@code list pods}
 * @param refused the same of those that were not, for want of a right
 */
record Asked(Set<String> allowed, Set<String> refused) {

  private static final int FORBIDDEN = 403;

  /** Of all that was asked, what a user has asked for in the namespace. */
  static Asked by(String user, List<JsonNode> all) {
    Set<String> allowed = new TreeSet<>();
    Set<String> refused = new TreeSet<>();
    for (JsonNode one : all) {
      if (one.at("/user/username").asText().equals(user)) {
        String what = one.get("verb").asText() + " " + one.at("/objectRef/resource").asText();
        boolean isRefused = one.at("/responseStatus/code").asInt() == FORBIDDEN;
        Collection<String> of = isRefused ? refused : allowed;
        // What has no resource is the API server's own pages, which tell its version.
        if (isRefused || one.has("objectRef")) {
          of.add(what.strip());
        }
      }
    }
    return new Asked(allowed, refused);
  }
}
