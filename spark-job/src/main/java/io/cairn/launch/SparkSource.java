/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.launch;

import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;

/** Whose Spark a run uses. */
public sealed interface SparkSource {

  /** For a person: on what it runs. */
  String master();

  /** Hadoop settings on top of those on the class path, as a run's directory takes them. */
  Map<String, String> hadoop();

  /**
   * A session for this run alone, which starts and stops it.
   *
   * @param conf Spark's configuration, from {@link SparkSetup}
   */
  record Own(SparkConf conf) implements SparkSource {
    @Override
    public String master() {
      return conf.get("spark.master");
    }

    @Override
    public Map<String, String> hadoop() {
      return SparkSettings.hadoop(conf);
    }
  }

  /**
   * A program's session, which was there before and goes on after: nothing in it is changed.
   *
   * @param session reads the data, and its context runs the workers
   */
  record Given(SparkSession session) implements SparkSource {
    public Given {
      SupportedPlatform.require();
    }

    @Override
    public String master() {
      return session.sparkContext().master();
    }

    /** What was set while the session ran is in no configuration of Spark's. */
    @Override
    public Map<String, String> hadoop() {
      Configuration all = session.sparkContext().hadoopConfiguration();
      Map<String, String> set = new TreeMap<>();
      for (Map.Entry<String, String> entry : all) {
        String[] from = all.getPropertySources(entry.getKey());
        boolean fromFile =
            from != null && from.length > 0 && from[from.length - 1].endsWith(".xml");
        if (!fromFile) {
          set.put(entry.getKey(), entry.getValue());
        }
      }
      return set;
    }
  }
}
