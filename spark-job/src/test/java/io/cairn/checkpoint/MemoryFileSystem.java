/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.checkpoint;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.Syncable;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * A file system in memory, whose operations can fail and whose machine can lose power.
 *
 * <p>Bytes are safe only when they were synced. On one whose renames are piecemeal, renaming and
 * deleting a directory goes file by file, each a step of its own at which things can go wrong.
 * There an object appears, or takes another's place, when it is closed, and then its bytes are
 * safe.
 *
 * <p>Names change at once and for good; or, as on a local disk, they are safe only when the
 * directory that they stand in was synced.
 */
final class MemoryFileSystem extends FileSystem {

  /** A file or (without content) a directory. */
  private static final class Node {
    private final boolean isDirectory;
    private final NavigableMap<String, Node> safeNames = new TreeMap<>();
    private byte[] bytes = {};
    private int synced;

    Node(boolean isDirectory) {
      this.isDirectory = isDirectory;
    }
  }

  private final NavigableMap<String, Node> nodes = new TreeMap<>();
  private final FileSystemKind.Rename rename;
  private final Names names;
  private final Faults faults;
  private long bytesClosed;

  /** When names are safe. */
  enum Names {
    AT_ONCE,
    WHEN_SYNCED
  }

  MemoryFileSystem(FileSystemKind.Rename rename, Faults faults) {
    this(rename, Names.AT_ONCE, faults);
  }

  MemoryFileSystem(FileSystemKind.Rename rename, Names names, Faults faults) {
    this.rename = rename;
    this.names = names;
    this.faults = faults;
    faults.of(this);
    setConf(new Configuration(false));
    nodes.put("/", new Node(true));
  }

  RunFileSystem place() {
    return place("memory:/run");
  }

  /** As if it were one with this address. */
  RunFileSystem place(String root) {
    Optional<RunFileSystem.Names> sync =
        names == Names.WHEN_SYNCED ? Optional.of(this::syncNames) : Optional.empty();
    return new RunFileSystem(getConf(), this, new Path(root), rename, sync);
  }

  private void syncNames(Path directory) throws IOException {
    faults.on("sync-names " + directory);
    makeSafe(name(directory), require(directory));
  }

  private void makeSafe(String name, Node directory) {
    directory.safeNames.clear();
    String prefix = name.equals("/") ? name : name + "/";
    nodes.forEach(
        (other, node) -> {
          if (other.length() > prefix.length()
              && other.startsWith(prefix)
              && other.indexOf('/', prefix.length()) < 0) {
            directory.safeNames.put(other.substring(prefix.length()), node);
          }
        });
  }

  /** What is found when the machine is on again: bytes and names that were not synced are lost. */
  MemoryFileSystem afterPowerLoss() {
    MemoryFileSystem found = new MemoryFileSystem(rename, names, Faults.none());
    if (names == Names.AT_ONCE) {
      nodes.forEach((name, node) -> found.nodes.put(name, kept(node)));
    } else {
      found.find("", nodes.get("/"));
      found.makeAllNamesSafe();
    }
    return found;
  }

  private static Node kept(Node node) {
    Node kept = new Node(node.isDirectory);
    kept.bytes = Arrays.copyOf(node.bytes, node.synced);
    kept.synced = node.synced;
    return kept;
  }

  private void find(String above, Node directory) {
    directory.safeNames.forEach(
        (name, node) -> {
          nodes.put(above + "/" + name, kept(node));
          find(above + "/" + name, node);
        });
  }

  private void makeAllNamesSafe() {
    nodes.forEach(
        (name, node) -> {
          if (node.isDirectory) {
            makeSafe(name, node);
          }
        });
  }

  /** What is found when only the process went away: every byte written is there. */
  MemoryFileSystem afterProcessDeath() {
    nodes.values().forEach(node -> node.synced = node.bytes.length);
    makeAllNamesSafe();
    return afterPowerLoss();
  }

  Faults faults() {
    return faults;
  }

  /** Full names of all files. */
  List<String> files() {
    return nodes.entrySet().stream()
        .filter(entry -> !entry.getValue().isDirectory)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Of all files together, as often as they were written. */
  long bytesClosed() {
    return bytesClosed;
  }

  byte[] content(String name) {
    return nodes.get(name).bytes.clone();
  }

  void replace(String name, byte[] content) {
    nodes.get(name).bytes = content.clone();
    nodes.get(name).synced = content.length;
  }

  @Override
  public URI getUri() {
    return URI.create("memory:///");
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    faults.on("open " + path);
    return new FSDataInputStream(new MemoryInput(require(path).bytes));
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    faults.on("create " + path);
    if (nodes.containsKey(name(path)) && !overwrite) {
      throw new FileAlreadyExistsException(path.toString());
    }
    makeParents(path.getParent());
    Node node = new Node(false);
    if (rename == FileSystemKind.Rename.ATOMIC) {
      nodes.put(name(path), node);
    }
    return new FSDataOutputStream(new MemoryOutput(path, node), null);
  }

  @Override
  public FSDataOutputStream append(Path path, int bufferSize, Progressable progress) {
    throw new UnsupportedOperationException("append");
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    String source = name(from);
    String target = name(to);
    if (rename == FileSystemKind.Rename.ATOMIC) {
      faults.on("rename " + from + " to " + to);
      if (!nodes.containsKey(source)) {
        return false;
      }
      if (nodes.containsKey(target) && !isReplaced(source, target)) {
        if (!nodes.get(target).isDirectory) {
          return false;
        }
        target = target + "/" + from.getName();
      }
      for (String name : tree(source)) {
        nodes.put(target + name.substring(source.length()), nodes.remove(name));
      }
      return true;
    }
    for (String name : tree(source)) {
      faults.on("copy " + name);
      Node copy = new Node(nodes.get(name).isDirectory);
      copy.bytes = nodes.get(name).bytes;
      copy.synced = copy.bytes.length;
      nodes.put(target + name.substring(source.length()), copy);
    }
    return delete(from, true);
  }

  /** A local disk puts a file in another's place. */
  private boolean isReplaced(String source, String target) {
    return names == Names.WHEN_SYNCED
        && !nodes.get(source).isDirectory
        && !nodes.get(target).isDirectory;
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    List<String> all = tree(name(path));
    if (rename == FileSystemKind.Rename.ATOMIC) {
      faults.on("delete " + path);
      all.forEach(nodes::remove);
    } else {
      for (int i = all.size() - 1; i >= 0; i--) {
        faults.on("delete " + all.get(i));
        nodes.remove(all.get(i));
      }
    }
    return !all.isEmpty();
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    faults.on("list " + path);
    Node node = require(path);
    if (!node.isDirectory) {
      return new FileStatus[] {status(path, node)};
    }
    String prefix = name(path) + "/";
    return nodes.subMap(prefix, prefix + Character.MAX_VALUE).entrySet().stream()
        .filter(entry -> entry.getKey().indexOf('/', prefix.length()) < 0)
        .map(entry -> status(new Path("memory:" + entry.getKey()), entry.getValue()))
        .toArray(FileStatus[]::new);
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    faults.on("mkdirs " + path);
    makeParents(path);
    return true;
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    faults.on("status " + path);
    return status(path, require(path));
  }

  @Override
  public void setWorkingDirectory(Path path) {}

  @Override
  public Path getWorkingDirectory() {
    return new Path("memory:/");
  }

  private void makeParents(Path path) {
    for (Path at = path; at != null; at = at.getParent()) {
      nodes.putIfAbsent(name(at), new Node(true));
    }
  }

  private Node require(Path path) throws FileNotFoundException {
    Node node = nodes.get(name(path));
    if (node == null) {
      throw new FileNotFoundException(path.toString());
    }
    return node;
  }

  private List<String> tree(String name) {
    return nodes.keySet().stream()
        .filter(other -> other.equals(name) || other.startsWith(name + "/"))
        .toList();
  }

  private static FileStatus status(Path path, Node node) {
    return new FileStatus(node.bytes.length, node.isDirectory, 1, 1 << 20, 0, path);
  }

  private static String name(Path path) {
    return path.toUri().getPath();
  }

  private final class MemoryOutput extends OutputStream implements Syncable, StreamCapabilities {
    private final Path path;
    private final Node node;

    MemoryOutput(Path path, Node node) {
      this.path = path;
      this.node = node;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      boolean wrong = faults.isNext(Faults.Kind.WRITES_WRONG_BYTES);
      boolean torn = faults.isNext(Faults.Kind.FAILS) || faults.isNext(Faults.Kind.PROCESS_DIES);
      if (torn) {
        append(bytes, from, length / 2);
      }
      faults.on("write " + path);
      append(bytes, from, length);
      if (wrong) {
        node.bytes[node.bytes.length - 1 - length / 2] ^= 1;
      }
    }

    private void append(byte[] bytes, int from, int length) {
      byte[] longer = Arrays.copyOf(node.bytes, node.bytes.length + length);
      System.arraycopy(bytes, from, longer, node.bytes.length, length);
      node.bytes = longer;
    }

    @Override
    public void hflush() throws IOException {
      faults.on("hflush " + path);
      requireSyncs();
    }

    @Override
    public void hsync() throws IOException {
      faults.on("hsync " + path);
      requireSyncs();
      node.synced = node.bytes.length;
    }

    /** As S3A has it. */
    private void requireSyncs() {
      if (rename == FileSystemKind.Rename.PIECEMEAL) {
        throw new UnsupportedOperationException("not before it is closed");
      }
    }

    @Override
    public boolean hasCapability(String capability) {
      return rename == FileSystemKind.Rename.ATOMIC
          && (capability.equals("hsync") || capability.equals("hflush"));
    }

    @Override
    public void close() throws IOException {
      faults.on("close " + path);
      bytesClosed += node.bytes.length;
      if (rename == FileSystemKind.Rename.PIECEMEAL) {
        node.synced = node.bytes.length;
        nodes.put(name(path), node);
      }
    }
  }
}
