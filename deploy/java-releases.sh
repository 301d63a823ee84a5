# Which Java Cairn runs on: 17 and 21, as in io.cairn.worker.JavaRelease. Sourced by the commands in the folders beside it, which define
# "refuse".
#
#   find_java               -> $java, JAVA_HOME, exported, and $java_release, such as 17; any other release is refused
#   require_java_of FOLDER  refuses another release where the Spark in that folder would run on it
#
# Works with bash 4 and the usual Unix tools.

find_java() {
  if [[ -n ${JAVA_HOME:-} ]]; then
    java=$JAVA_HOME/bin/java
    [[ -x $java ]] || refuse "JAVA_HOME is $JAVA_HOME, which has no bin/java"
  else
    java=$(command -v java) || refuse "no java found: install Java 17 or 21, or set JAVA_HOME to one"
  fi
  local version
  # A file says it at once, a Java machine in a third of a second.
  JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$java")")")
  version=$(sed -n 's/^JAVA_VERSION="\([0-9.]*\).*/\1/p' "$JAVA_HOME/release" 2>/dev/null || true)
  if [[ ! -x $JAVA_HOME/bin/java || -z $version ]]; then
    local properties
    properties=$("$java" -XshowSettings:properties -version 2>&1) || refuse "$java does not run: $properties"
    version=$(sed -n 's/^ *java\.specification\.version = //p' <<<"$properties")
    JAVA_HOME=$(sed -n 's/^ *java\.home = //p' <<<"$properties")
  fi
  java_release=${version%%.*}
  [[ $java_release == 17 || $java_release == 21 ]] ||
    refuse "Cairn runs on Java 17 or Java 21, and $java is Java ${version:-unknown}: set JAVA_HOME to one of these"
  export JAVA_HOME
}

# In a shell of its own: spark-env.sh may choose a Java, and sets much else. A Spark that is no distribution chooses in ways of its own.
require_java_of() {
  [[ -r $1/bin/load-spark-env.sh ]] || return 0
  local home
  home=$(
    set +eu
    SPARK_HOME=$1
    source "$1/bin/load-spark-env.sh" >/dev/null 2>&1
    echo "${JAVA_HOME:-}"
  )
  (JAVA_HOME=$home && find_java) || exit
}
