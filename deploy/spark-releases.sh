# Which builds there are, one for each release of Spark. Sourced by the commands in the folders beside it, and by python/test, which
# define $root and "refuse". What each is built with is in pom.xml, in a profile each.
#
#   spark_release_of FOLDER   prints the first two numbers of the Spark in a folder, such as 3.5
#   use_spark RELEASE WHOSE   -> $spark_jar, the job's jar for it; $target, where its builds are below each module;
#                                $spark_build, Maven's arguments; $spark_scala; $pyspark, the version of its distribution from pip
#
# Works with bash 4 and the usual Unix tools.

# A Spark without a core jar is taken for the default one: what is wrong with it is told by whoever looks for it.
spark_release_of() {
  local core
  for core in "$1"/jars/spark-core_*.jar; do
    if [[ -e $core ]]; then
      core=${core##*/spark-core_}
      cut -d. -f1,2 <<<"${core#*-}"
      return
    fi
  done
  echo 3.5
}

use_spark() {
  case $1 in
    3.5) spark_scala=2.12 pyspark=3.5.5 ;;
    4.0) spark_scala=2.13 pyspark=4.0.1 ;;
    4.2) spark_scala=2.13 pyspark=4.2.0 ;;
    *) refuse "$2 is Spark $1, for which there is no build: there are those for 3.5, 4.0 and 4.2" ;;
  esac
  if [[ $1 == 3.5 ]]; then
    target=target spark_build=()
    spark_jar=$root/spark-job/$target/cairn-spark-job.jar
  else
    target=target/spark-$1 spark_build=("-Dspark=$1")
    spark_jar=$root/spark-job/$target/cairn-spark-job-spark-$1.jar
  fi
}
