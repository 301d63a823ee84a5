# Which builds there are, one for each release of Spark. Sourced by the commands in the folders beside it, which define $root and
# "refuse".
#
#   spark_release_of FOLDER   prints the first two numbers of the Spark in a folder, such as 3.5
#   use_spark RELEASE WHOSE   -> $spark_jar, the job's jar for it; $target, where its builds are below each module;
#                                $spark_build, Maven's arguments; $spark_scala
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
    3.5)
      target=target spark_scala=2.12 spark_build=()
      spark_jar=$root/spark-job/$target/cairn-spark-job.jar
      ;;
    4.0)
      target=target/spark-$1 spark_scala=2.13 spark_build=("-Dspark=$1")
      spark_jar=$root/spark-job/$target/cairn-spark-job-spark-$1.jar
      ;;
    *) refuse "$2 is Spark $1, for which there is no build: there are those for 3.5 and 4.0" ;;
  esac
}
