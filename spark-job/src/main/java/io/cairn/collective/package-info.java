/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
/**
 * The sum over all ranks: what every worker does with its gradient sum, once an update.
 *
 * <p>In comes a direct buffer and a {@link io.cairn.collective.BufferLayout} that says what numbers
 * it holds. Out comes the same buffer with every number replaced by the sum over the ranks, the
 * same bits on each of them. {@link io.cairn.collective.AllReduce} is all that a worker needs to
 * know. Any failure breaks the group for good, on every rank, with one {@link
 * io.cairn.collective.CollectiveException} that names the first cause.
 *
 * <p>This package holds the words that all floors share: what is summed, what can fail, and {@link
 * io.cairn.collective.Link}, what a network has to offer. It imports none of its floors. They are,
 * from the lowest up:
 *
 * <pre>
 *   schedules, rounding    who sends what when; how numbers are added and rounded
 *   messages               what goes over a stream, and who is at its other end
 *   failures               who has failed, and how all learn of it
 *   group                  one sum under way: the loop that moves everything
 *   link                   streams as connections; its own floors are tls and memory, then membership
 * </pre>
 *
 * <p>Each floor may import those below it; those of one line do not know each other. {@code link}
 * knows only the words of this package, {@code tls} and {@code memory} know these and {@code link}.
 * {@code RoomsTest} checks it.
 *
 * <h2>The way of one segment</h2>
 *
 * <ol>
 *   <li>A worker binds a {@code RingEndpoint} and publishes where it listens. Once it knows all
 *       members, it connects: a {@code Dialer} calls each target, the {@code CallListener} is
 *       called by each source, and those on one host agree on memory. Each connection is now a
 *       {@code Wire}, all wires are a {@code SocketLink}, and the link belongs to a {@code
 *       GroupAllReduce}.
 *   <li>The worker calls {@code sum} with its buffer. The size decides on a {@code Schedule}, which
 *       cuts the buffer into segments and numbers the messages that carry them.
 *   <li>As soon as nothing that a message needs is missing, {@code Outgoing} takes its segment out
 *       of the buffer, rounded if the layout says so, puts a {@code FrameHeader} before it and
 *       gives both to the target's {@code Outbox}. The outbox gives the wire as many bytes as it
 *       takes.
 *   <li>At the target the source's {@code Inbox} reads the header. {@code Incoming} compares it
 *       with the message that is due. If they differ, the group fails. If they agree, the payload
 *       is read behind it.
 *   <li>A segment that is to be added is read into scratch memory, its checksum is compared where
 *       the stream has no protection of its own, and {@code SectionAdder} adds it to the numbers in
 *       the buffer. A segment that is complete is read into its place at once.
 *   <li>That rank now has what its own next message needs, and sends the segment on. It comes back
 *       complete, and after the last one {@code sum} returns.
 *   <li>The worker closes the group, and the group its link. Bytes that were given are still
 *       delivered.
 * </ol>
 *
 * <p>Imports the JDK only: no Spark, no ND4J, no sockets.
 */
package io.cairn.collective;
