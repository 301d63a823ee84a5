/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import io.cairn.replica.ConformanceData.Place;
import io.cairn.replica.LayerConformance.Case;
import io.cairn.replica.LayerConformance.Extra;
import io.cairn.replica.LayerEntry.Trait;
import java.util.*;
import org.nd4j.linalg.activations.Activation;

class LayerConformanceTest {
  static List<Case> cases(LayerEntry e) {
    List<Case> cases = new ArrayList<>();
    for (ConformanceData d : e.data()) {
      Extra masks = e.has(Trait.MASKS) && d.isSequence() ? Extra.MASKS : Extra.NOTHING;
      cases.add(new Case(e, d, Activation.RELU, Place.BEHIND_SEPARABLE_OR_LSTM, masks));
      cases.add(new Case(e, d, Activation.IDENTITY, Place.BEHIND_NORMALIZED_CONVOLUTION, Extra.NOTHING));
      if (!e.has(Trait.ONCE)) cases.add(new Case(e, d, Activation.TANH, Place.TWICE, masks));
      if (e.has(Trait.ACTIVATION)) cases.add(new Case(e, d, Activation.SIGMOID, Place.BEHIND_SEPARABLE_OR_LSTM, Extra.DROPOUT));
    }
    return cases;
  }
  public static void main(String[] args) {
    long t0 = System.nanoTime(); int n = 0;
    List<LayerEntry> all = new ArrayList<>(LayerTable.entries());
    for (LayerEntry e : all) {
      if (args.length > 0 && !e.name().matches(args[0])) continue;
      long t = System.nanoTime(); int k = 0; Map<String,Integer> sums = new LinkedHashMap<>();
      for (Case c : cases(e)) {
        k++;
        List<String> wrong;
        try { wrong = LayerConformance.check(c); } catch (Throwable x) { StackTraceElement[] s = x.getStackTrace(); wrong = List.of("! " + x + (s.length>0? " at "+s[0]:"") + (x.getCause()!=null? " / "+x.getCause():"")); if (args.length>1) x.printStackTrace(System.out); }
        if (!wrong.isEmpty()) System.out.println("WRONG " + c + ": " + (wrong.size() > 4 ? wrong.subList(0, 4) + " and " + (wrong.size()-4) : wrong));
      }
      n += k;
      System.out.println("DONE " + e.name() + " " + k + " in " + (System.nanoTime() - t) / 1000000 + " ms");
    }
    System.out.println(n + " cases in " + (System.nanoTime() - t0) / 1000000 + " ms");
  }
}
