/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.deploy.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * What {@code deploy/kubernetes} leaves to the site that uses it: storage, rights of whoever
 * submits, the operator's definitions.
 *
 * <p>Threading: stateless.
 */
final class SiteManifests {

  private static final ObjectMapper JSON = new ObjectMapper();

  private SiteManifests() {}

  /**
   * The claim {@code cairn-runs}, and a Role with the rights that README.md names.
   *
   * @param runs a folder of the node's that the claim is
   */
  static String of(Path runs) {
    return """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: runs}
        spec:
          capacity: {storage: 10Gi}
          accessModes: [ReadWriteMany]
          storageClassName: ""
          hostPath: {path: "%s"}
          claimRef: {namespace: cairn, name: cairn-runs}
        ---
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: cairn-runs, namespace: cairn}
        spec:
          accessModes: [ReadWriteMany]
          storageClassName: ""
          volumeName: runs
          resources: {requests: {storage: 1Gi}}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: submitter, namespace: cairn}
        rules:
          - {apiGroups: [""], resources: [pods], verbs: [create, get, list, watch]}
          - {apiGroups: [""], resources: [configmaps, services], verbs: [create, patch]}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: submitter, namespace: cairn}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: submitter}
        subjects: [{kind: User, name: submitter, apiGroup: rbac.authorization.k8s.io}]
        """
        .formatted(runs);
  }

  /** The operator's definition, from the schema that manifests are held against elsewhere. */
  static JsonNode sparkApplications() throws IOException {
    JsonNode schema;
    try (InputStream in =
        SiteManifests.class.getResourceAsStream("/kubernetes/sparkapplication-v1beta2.json")) {
      schema = JSON.readTree(in);
    }
    withoutRefusals(schema);
    ObjectNode definition = JSON.createObjectNode();
    definition.put("apiVersion", "apiextensions.k8s.io/v1");
    definition.put("kind", "CustomResourceDefinition");
    ObjectNode metadata = definition.putObject("metadata");
    metadata.put("name", "sparkapplications.sparkoperator.k8s.io");
    // Names in k8s.io are Kubernetes' to give; the operator's own copy says where it was given.
    metadata.putObject("annotations").put("api-approved.kubernetes.io", "unapproved, a copy");
    ObjectNode spec = definition.putObject("spec");
    spec.put("group", "sparkoperator.k8s.io").put("scope", "Namespaced");
    spec.putObject("names")
        .put("kind", "SparkApplication")
        .put("listKind", "SparkApplicationList")
        .put("plural", "sparkapplications")
        .put("singular", "sparkapplication");
    ObjectNode version = spec.putArray("versions").addObject();
    version.put("name", "v1beta2").put("served", true).put("storage", true);
    version.putObject("schema").set("openAPIV3Schema", schema);
    return definition;
  }

  /** An API server refuses unknown fields by itself, and takes no schema that says so. */
  private static void withoutRefusals(JsonNode schema) {
    if (schema instanceof ObjectNode object && object.path("additionalProperties").isBoolean()) {
      object.remove("additionalProperties");
    }
    schema.forEach(SiteManifests::withoutRefusals);
  }
}
