/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.control;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.rpc.RpcCallContext;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.rpc.ThreadSafeRpcEndpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Function1;
import scala.PartialFunction;
import scala.runtime.AbstractPartialFunction;
import scala.runtime.BoxedUnit;

/**
 * The driver's end of all ranks' {@link DriverLine}s, for one attempt.
 *
 * <p>Who opens it closes it; ranks that still wait for others are told then. Threading: Spark calls
 * it from one thread at a time; open and close belong to the attempt.
 */
public final class DriverEnd implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(DriverEnd.class);

  static final String GATHER = "gather";
  static final String PROGRESS = "progress";
  static final String IS_STOP_ASKED = "is a stop asked?";
  static final String STOPPED = "stopped";

  private final RpcEnv env;
  private final RpcEndpointRef self;
  private final Endpoint endpoint;

  private DriverEnd(RpcEnv env, RpcEndpointRef self, Endpoint endpoint) {
    this.env = env;
    this.self = self;
    this.endpoint = endpoint;
  }

  /** What the driver has to do with rank 0; called on a thread of Spark's, one at a time. */
  public interface Listener {

    /** How far the run is. */
    void progress(String line);

    /** Whether the run should stop after the update under way. */
    boolean isStopAsked();

    /** All ranks have stopped after the same update, which is saved. */
    void stopped(String reason);
  }

  /**
   * Begins to listen.
   *
   * @param name by which ranks find it, unique in this application
   */
  public static DriverEnd open(String name, Listener listener) {
    RpcEnv env = SparkEnv.get().rpcEnv();
    Endpoint endpoint = new Endpoint(env, listener);
    return new DriverEnd(env, env.setupEndpoint(name, endpoint), endpoint);
  }

  @Override
  public void close() {
    endpoint.release();
    env.stop(self);
  }

  private static final class Endpoint implements ThreadSafeRpcEndpoint {

    private final RpcEnv env;
    private final Listener listener;
    private final Map<Integer, Waiting> waiting = new TreeMap<>();

    /** A rank that has come, and waits for the others. */
    private record Waiting(String text, RpcCallContext caller) {}

    Endpoint(RpcEnv env, Listener listener) {
      this.env = env;
      this.listener = listener;
    }

    @Override
    public RpcEnv rpcEnv() {
      return env;
    }

    @Override
    public PartialFunction<Object, BoxedUnit> receive() {
      return new Handler(message -> hear((String[]) message));
    }

    @Override
    public PartialFunction<Object, BoxedUnit> receiveAndReply(RpcCallContext caller) {
      return new Handler(message -> answer((String[]) message, caller));
    }

    private void hear(String[] message) {
      if (message[0].equals(PROGRESS)) {
        listener.progress(message[1]);
      }
    }

    private void answer(String[] message, RpcCallContext caller) {
      switch (message[0]) {
        case IS_STOP_ASKED -> caller.reply(listener.isStopAsked());
        case STOPPED -> {
          listener.stopped(message[1]);
          caller.reply(true);
        }
        case GATHER ->
            gather(
                Integer.parseInt(message[1]),
                Integer.parseInt(message[2]),
                new Waiting(message[3], caller));
        default -> caller.sendFailure(failure("no message: " + message[0]));
      }
    }

    private synchronized void gather(int rank, int ranks, Waiting come) {
      waiting.put(rank, come);
      if (waiting.size() == ranks) {
        LOG.info("all {} ranks have come", ranks);
        String[] texts = waiting.values().stream().map(Waiting::text).toArray(String[]::new);
        waiting.values().forEach(each -> each.caller().reply(texts));
        waiting.clear();
      }
    }

    /** Of a class that every executor knows, however it came by ours. */
    private static Exception failure(String message) {
      return new IllegalStateException(message);
    }

    synchronized void release() {
      waiting.values().forEach(each -> each.caller().sendFailure(failure("the attempt is over")));
      waiting.clear();
    }
  }

  /** Takes messages of ours; what it throws is ours to tell, not to end the driver with. */
  private static final class Handler extends AbstractPartialFunction<Object, BoxedUnit> {

    private final java.util.function.Consumer<Object> handle;

    Handler(java.util.function.Consumer<Object> handle) {
      this.handle = handle;
    }

    @Override
    public boolean isDefinedAt(Object message) {
      return message instanceof String[] words && words.length > 0;
    }

    @Override
    public <A1, B1> B1 applyOrElse(A1 message, Function1<A1, B1> otherwise) {
      if (!isDefinedAt(message)) {
        return otherwise.apply(message);
      }
      try {
        handle.accept(message);
      } catch (RuntimeException e) {
        LOG.warn("a message of a rank's was lost", e);
      }
      @SuppressWarnings("unchecked") // A partial function to Unit is asked for nothing else.
      B1 nothing = (B1) BoxedUnit.UNIT;
      return nothing;
    }
  }
}
