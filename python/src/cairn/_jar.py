# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Where Cairn's jar is, and what to do where it is not."""

import os
from pathlib import Path

import pyspark

RELEASES = ("3.5", "4.0", "4.2")

HOW_TO_ADD = (
    "Give it to the session when it begins, in spark.jars:\n"
    '    SparkSession.builder.config("spark.jars", cairn.jar_path()).getOrCreate()\n'
    "or to spark-submit and pyspark by --jars, or put it into the jars folder of the Spark installation"
)


def jar_path() -> str:
    """Path of Cairn's jar on this machine, the one for the Spark that is installed here.

    Looked for in ``CAIRN_JAR`` (environment), and where the project's own build leaves it, if this
    package runs from a checkout of the project.

    Raises
    ------
    FileNotFoundError
        If it is in none of these places, or there is no jar for this Spark.
    """
    given = os.environ.get("CAIRN_JAR")
    if given:
        if Path(given).is_file():
            return given
        raise FileNotFoundError("CAIRN_JAR is {}, where no file is".format(given))
    release = ".".join(pyspark.__version__.split(".")[:2])
    if release not in RELEASES:
        raise FileNotFoundError(
            "pyspark is {}, for which there is no jar of Cairn: there are those for Spark {}".format(
                pyspark.__version__, ", ".join(RELEASES)
            )
        )
    jar = Path("target", "cairn-spark-job.jar")
    build = "mvn package -DskipTests"
    if release != "3.5":
        jar = Path("target", "spark-" + release, "cairn-spark-job-spark-{}.jar".format(release))
        build += " -Dspark=" + release
    for folder in Path(__file__).resolve().parents:
        built = folder / "spark-job" / jar
        if built.is_file():
            return str(built)
    raise FileNotFoundError(
        "{} is not on this machine: this package does not hold it. Set CAIRN_JAR to its path, or build"
        " it in a checkout of Cairn by: {}".format(jar.name, build)
    )
