/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.replica;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_full;
import org.deeplearning4j.config.DL4JSystemProperties;
import org.nd4j.common.config.ND4JEnvironmentVars;
import org.nd4j.linalg.factory.Nd4j;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device on which this process computes. {@link #bind} must be called before the first array is
 * made, because ND4J chooses its devices only once.
 *
 * <p>Threading: bind once, on the thread that will compute.
 *
 * <p>Failure: {@link ModelException} if Spark assigned a GPU that ND4J cannot use.
 */
public final class ComputeDevice {

  private static final Logger LOG = LoggerFactory.getLogger(ComputeDevice.class);
  private static final String CPU_BACKEND = "CpuBackend";
  private static final String PHYSICAL_BYTES = "org.bytedeco.javacpp.maxphysicalbytes";

  /** ND4J's own, in {@code CpuBackend} and {@code JCublasBackend}. */
  private static final int GPU_PRIORITY = 100;

  private static final boolean CPU_ONLY =
      ComputeDevice.class
              .getClassLoader()
              .getResource("org/nd4j/linalg/jcublas/JCublasBackend.class")
          == null;

  private final String description;

  private ComputeDevice(String description) {
    this.description = description;
  }

  /** Tells ND4J which GPU to use, before it starts. Tests put a recording one in its place. */
  @FunctionalInterface
  interface Binder {
    /** Restricts this process to one device. */
    void useDevice(int device) throws ReflectiveOperationException;
  }

  /**
   * Binds ND4J to the GPU that Spark assigned to this task, or leaves it on the CPU, as it does
   * where the environment prefers ND4J's CPU backend ({@code BACKEND_PRIORITY_CPU} above that of
   * the GPU's): so the settings of a cluster with GPUs can be tried with the jar for the CPU.
   *
   * @param gpuAddress the address of the task's GPU resource, if it has one: CUDA's number of the
   *     device, which a colon and the device's UUID may follow
   */
  public static ComputeDevice bind(Optional<String> gpuAddress) {
    Optional<String> used = gpuAddress;
    if (gpuAddress.isPresent() && cpuIsPreferred(System.getenv())) {
      LOG.warn(
          "GPU {} is assigned and stays idle: {} prefers the CPU",
          gpuAddress.get(),
          ND4JEnvironmentVars.BACKEND_PRIORITY_CPU);
      used = Optional.empty();
    }
    return bind(used, ComputeDevice::useCudaDevice, ComputeDevice::describe);
  }

  static boolean cpuIsPreferred(Map<String, String> environment) {
    return priority(environment, ND4JEnvironmentVars.BACKEND_PRIORITY_CPU, 0)
        > priority(environment, ND4JEnvironmentVars.BACKEND_PRIORITY_GPU, GPU_PRIORITY);
  }

  private static int priority(Map<String, String> environment, String name, int fallback) {
    String given = environment.get(name);
    if (given == null) {
      return fallback;
    }
    try {
      return Integer.parseInt(given);
    } catch (NumberFormatException e) {
      throw new ModelException(name + " = \"" + given + "\" in the environment: a whole number", e);
    }
  }

  static ComputeDevice bind(
      Optional<String> gpuAddress, Binder binder, java.util.function.Supplier<String> backend) {
    prepareProcess();
    if (gpuAddress.isEmpty()) {
      String started = backend.get();
      LateStart.catchUp();
      return new ComputeDevice(started);
    }
    String address = gpuAddress.get();
    try {
      binder.useDevice(Integer.parseInt(address.split(":", 2)[0].trim()));
    } catch (NumberFormatException e) {
      throw new ModelException(
          "Spark assigned the GPU address \""
              + address
              + "\"; ND4J wants a device number: let the discovery script print indices as"
              + " nvidia-smi's index column does (deploy/yarn/gpu-discovery.sh)",
          e);
    } catch (ReflectiveOperationException e) {
      throw new ModelException(
          "Spark assigned GPU "
              + address
              + ", but this jar computes on the CPU: build it with -Pcuda, or don't ask for GPUs",
          e);
    }
    String started = backend.get();
    if (started.startsWith(CPU_BACKEND)) {
      throw new ModelException(
          "Spark assigned GPU "
              + address
              + ", but ND4J fell back to the CPU; its log says why, usually CUDA libraries that the"
              + " executor's host or image lacks");
    }
    return new ComputeDevice("GPU " + address + ", " + started);
  }

  /**
   * Says what ND4J and Deeplearning4j read when they start, unless somebody has said it: to be
   * called before anything of theirs is touched. In a process where they have started already it
   * comes too late, which {@link #handicaps} tells.
   */
  public static void prepareProcess() {
    HeadStart.awaitEnd();
    // DL4J's fast layer helpers (oneDNN, cuDNN) are off unless this says otherwise.
    setIfAbsent(DL4JSystemProperties.DISABLE_HELPER_PROPERTY, "false");
    // Examples are read through mapped files, which JavaCPP would count as its own memory.
    setIfAbsent(PHYSICAL_BYTES, "0");
    rememberShapes();
  }

  /**
   * What is slower, or smaller, in this process than it need be, because it was started without
   * what {@link #prepareProcess} says; a sentence each. Starts ND4J.
   */
  public static List<String> handicaps() {
    List<String> found = new ArrayList<>();
    if (CPU_ONLY && !LayerHelpers.arrangesArrays(Nd4j.getExecutioner())) {
      found.add(
          "ND4J was started in this process with another executioner than Cairn's (property opexec): layers compute without oneDNN, which is right but slower; start the process with -D%s=false -Dopexec=%s -Dshapeinfoprovider=%s"
              .formatted(
                  DL4JSystemProperties.DISABLE_HELPER_PROPERTY,
                  RememberingExecutioner.class.getName(),
                  RememberedShapes.class.getName()));
    }
    if (Pointer.maxPhysicalBytes() > 0) {
      found.add(
          "JavaCPP was started in this process before Cairn: the pages of examples count towards its limit of %,d bytes; start the process with -D%s=0"
              .formatted(Pointer.maxPhysicalBytes(), PHYSICAL_BYTES));
    }
    return found;
  }

  /** Whether this jar computes on the CPU, whatever a machine has. */
  static boolean isCpuOnly() {
    return CPU_ONLY;
  }

  /**
   * Puts the caches in place that ND4J's CPU backend lacks; ND4J reads these properties when it
   * starts. The CUDA backend has its own.
   */
  private static void rememberShapes() {
    if (CPU_ONLY) {
      setIfAbsent("shapeinfoprovider", RememberedShapes.class.getName());
      setIfAbsent("opexec", RememberingExecutioner.class.getName());
    }
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** By reflection: the class exists only in the CUDA build of ND4J. */
  private static void useCudaDevice(int device) throws ReflectiveOperationException {
    Object environment =
        Class.forName("org.nd4j.jita.conf.CudaEnvironment").getMethod("getInstance").invoke(null);
    Object configuration = environment.getClass().getMethod("getConfiguration").invoke(environment);
    configuration.getClass().getMethod("useDevice", Integer.class).invoke(configuration, device);
  }

  /** On what this process computes, for people: backend, BLAS kernel, helpers. Starts ND4J. */
  public static String here() {
    return describe();
  }

  private static String describe() {
    String backend = Nd4j.getBackend().getClass().getSimpleName();
    boolean helpers =
        "false".equals(System.getProperty(DL4JSystemProperties.DISABLE_HELPER_PROPERTY));
    return String.format(
        Locale.ROOT,
        "%s, BLAS %s, DL4J layer helpers %s",
        backend,
        blasKernel(),
        helpers ? "on" : "off");
  }

  /**
   * Which matrix kernels compute. An OpenBLAS that does not know the processor falls back to one
   * made for a processor of 2004 and is several times slower, silently; so its choice is logged.
   */
  private static String blasKernel() {
    String vendor = Nd4j.factory().blas().getBlasVendor().toString();
    if (!"OPENBLAS".equals(vendor)) {
      return vendor;
    }
    try {
      return "OpenBLAS kernel "
          + openblas_full.openblas_get_corename().getString()
          + " ("
          + openblas_full.openblas_get_config().getString().strip()
          + ")";
    } catch (LinkageError e) {
      return vendor + " (kernel unknown: " + e.getMessage() + ")";
    }
  }

  /** For people: backend, BLAS kernel, helpers. */
  public String description() {
    return description;
  }
}
