/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.collective.link.memory;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a rank publishes about its host: which running system it is on, and in which directories it
 * would put files to share. Ranks on one host find each other by it.
 *
 * <p>Equal hosts are a hint, not a promise. Two containers on one kernel may not see each other's
 * files. So neighbours try whether they can share memory.
 *
 * <p>Threading: immutable.
 *
 * @param host names the running system, not its addresses, of which it may have several
 * @param places absolute directories for shared files, the best first; at most {@value #MAX_PLACES}
 */
public record HostShare(String host, List<String> places) {

  static final int MAX_PLACES = 4;

  private static final int MAX_LENGTH = 1024;
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final Path MEMORY = Path.of("/dev/shm");

  public HostShare {
    places = List.copyOf(places);
    if (host.isBlank() || host.length() > MAX_LENGTH || places.size() > MAX_PLACES) {
      throw new IllegalArgumentException(
          "a host has a name and at most " + MAX_PLACES + " places, not " + places.size());
    }
    for (String place : places) {
      if (place.length() > MAX_LENGTH || !normal(place)) {
        throw new IllegalArgumentException("a place is an absolute directory, not " + place);
      }
    }
  }

  private static boolean normal(String place) {
    Path path = Path.of(place);
    return path.isAbsolute() && path.normalize().toString().equals(place);
  }

  /**
   * That of this process: the host is the kernel's boot, which all its containers and addresses
   * have in common; the places are {@code /dev/shm}, which needs no disk, and a directory of the
   * caller's, which is cleaned up with the executor.
   *
   * @param directory of this process, on a local disk
   * @return empty where the system does not say which boot it is; then nothing is shared
   */
  public static Optional<HostShare> of(Path directory) throws IOException {
    if (!Files.isReadable(BOOT_ID)) {
      return Optional.empty();
    }
    String boot = Files.readString(BOOT_ID, StandardCharsets.US_ASCII).strip();
    String local = directory.toRealPath().toString();
    return Optional.of(
        new HostShare(
            boot, Files.isDirectory(MEMORY) ? List.of(MEMORY.toString(), local) : List.of(local)));
  }

  List<Path> paths() {
    return places.stream().map(Path::of).toList();
  }
}
