package io.cairn.replica;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
public class Measure {
  public static void main(String[] a) {
    int seeds = Integer.parseInt(a[0]);
    for (HonestModels model : HonestModels.values()) {
      if (a.length > 1 && !model.name().equals(a[1])) continue;
      for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
        double g=0,s=0; long slow=0, best=Long.MAX_VALUE; String odd="";
        int[] counts={16,1,2,5};
        for (int seed=0; seed<seeds; seed++) {
          Nd4j.getRandom().setSeed(seed);
          int n=counts[seed%4==3? (seed/4)%4 : 0];
          Network net=model.network(type, seed);
          var ex=model.examples(n,type,seed);
          long t=System.nanoTime();
          SelfCheckResult r;
          try { r=new SelfCheck(net, ex, SelfCheck.Allowance.of(20_000_000_000L), System::nanoTime).run(); }
          catch (Throwable e) { e.printStackTrace(); odd+=e; break; }
          t=System.nanoTime()-t; slow=Math.max(slow,t); best=Math.min(best,t);
          if (Double.isFinite(r.float64().gap())) g=Math.max(g,r.float64().gap()); else odd+=" INF";
          s=Math.max(s,r.sums().gap());
          for (var c : new SelfCheckResult.Comparison[]{r.float64(), r.sums()})
            if (c.state()!=SelfCheckResult.State.AGREES) odd+=" n="+n+":"+c;
        }
        System.out.printf("%-24s %s float64 %.2e sums %.2e  %d..%d ms %s%n", model, type, g, s, best/1000000, slow/1000000, odd.length()>500?odd.substring(0,500):odd);
      }
    }
  }
}
