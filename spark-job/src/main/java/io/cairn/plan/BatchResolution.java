/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.plan;

import io.cairn.settings.Problem;
import java.util.List;
import java.util.Objects;

/**
 * What the batch settings amount to.
 *
 * <p>Threading: immutable, safe everywhere.
 */
public sealed interface BatchResolution {

  /**
   * The numbers make exactly one plan.
   *
   * @param plan that plan
   */
  record Resolved(BatchPlan plan) implements BatchResolution {
    public Resolved {
      Objects.requireNonNull(plan, "plan");
    }
  }

  /**
   * The numbers make no plan, or more than one.
   *
   * @param problem why not, with the numbers and what would fit
   * @param proposals plans that would fit, each differing from what was given as little as possible
   */
  record Refused(Problem problem, List<Proposal> proposals) implements BatchResolution {
    public Refused {
      Objects.requireNonNull(problem, "problem");
      proposals = List.copyOf(proposals);
    }
  }

  /**
   * One plan that would fit.
   *
   * @param change what to write, such as {@code micro 32 x steps 8}; in brackets what follows from
   *     it, such as {@code effective 512 (steps 8)}
   * @param plan what it makes
   */
  record Proposal(String change, BatchPlan plan) {
    public Proposal {
      Objects.requireNonNull(change, "change");
      Objects.requireNonNull(plan, "plan");
    }
  }
}
