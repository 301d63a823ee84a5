/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.data.source;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.internal.StaticSQLConf;
import scala.collection.JavaConverters;

/**
 * Explains to an operator why Spark does not find a table: which catalog was asked, and which
 * setting names another one. Spark's own message says neither.
 *
 * <p>Threading: the driver's thread.
 */
final class MissingTable {

  private static final String HIVE = "hive";

  private MissingTable() {}

  /**
   * A sentence for a failure to open a table; empty where it was not that the table is missing.
   *
   * @param name as the settings have it
   */
  static Optional<String> reason(SparkSession session, String name, Exception failure) {
    if (!(failure instanceof AnalysisException analysis)) {
      return Optional.empty();
    }
    String error = String.valueOf(analysis.getErrorClass());
    boolean missing = error.equals("TABLE_OR_VIEW_NOT_FOUND");
    List<String> parts = parts(session, name);
    if (parts.size() > 2 && (missing || error.equals("REQUIRES_SINGLE_PART_NAMESPACE"))) {
      String key = "spark.sql.catalog." + parts.get(0);
      if (session.conf().getOption(key).isEmpty()) {
        return Optional.of(
            "there is no catalog %s, since %s, which names its class, is not set"
                .formatted(parts.get(0), key));
      }
    }
    return missing && parts.size() <= 2
        ? Optional.of(inSessionsCatalog(session, parts))
        : Optional.empty();
  }

  private static String inSessionsCatalog(SparkSession session, List<String> parts) {
    String implementation = StaticSQLConf.CATALOG_IMPLEMENTATION().key();
    if (!HIVE.equals(session.conf().get(implementation))) {
      return "the session's own catalog does not have it; a Hive metastore is read with %s = hive, other catalogs by spark.sql.catalog.NAME"
          .formatted(implementation);
    }
    String database = parts.size() == 2 ? parts.get(0) : session.catalog().currentDatabase();
    String where =
        session.sparkContext().hadoopConfiguration().get("hive.metastore.uris", "").isBlank()
            ? "the Hive metastore (hive.metastore.uris is not set, so it is an embedded one)"
            : "the Hive metastore";
    return session.catalog().databaseExists(database)
        ? "%s has no table %s in its database %s"
            .formatted(where, parts.get(parts.size() - 1), database)
        : "%s has no database %s".formatted(where, database);
  }

  private static List<String> parts(SparkSession session, String name) {
    try {
      return JavaConverters.seqAsJavaList(
          session.sessionState().sqlParser().parseMultipartIdentifier(name));
    } catch (ParseException noName) {
      return List.of();
    }
  }
}
