# Finds Java, builds what is missing or older than its sources, and sets what running Cairn on one machine needs.
# Sourced by the commands beside it; they set $self to their name and call, in this order:
#
#   find_java              -> $java
#   choose_spark           -> which Spark it is for: that of SPARK_HOME, or else CAIRN_SPARK (3.5, 4.0, 4.2), or else 3.5
#   build_if_stale [what]  -> the job's jar, SPARK_HOME, and with "tests" or "benchmarks" their classes
#   set_spark_home         -> SPARK_HOME, exported
#   record_start COMMAND   -> start_options, for the Java machine of the driver
#
# Works with bash 4 and the usual Unix tools. Nothing here changes the working directory.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
source "$root/deploy/java-releases.sh"
source "$root/deploy/spark-releases.sh"

choose_spark() {
  if [[ -n ${SPARK_HOME:-} ]]; then
    use_spark "$(spark_release_of "$SPARK_HOME")" "SPARK_HOME $SPARK_HOME"
  else
    use_spark "${CAIRN_SPARK:-3.5}" CAIRN_SPARK
  fi
  jar=$spark_jar
  own_spark_home=$root/deploy/local/$target/spark-home
}

# What Spark needs of the module system from Java 17 on (as in pom.xml), and DL4J's fast layers.
jvm_options=(-XX:+IgnoreUnrecognizedVMOptions)
for package in java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util \
  java.util.concurrent java.util.concurrent.atomic sun.nio.ch sun.nio.cs sun.security.action \
  sun.util.calendar; do
  jvm_options+=("--add-opens=java.base/$package=ALL-UNNAMED")
done
jvm_options+=(-Dorg.eclipse.deeplearning4j.helpers.disable=false)

say() {
  echo "$self: $*" >&2
}

fail() {
  say "$*"
  exit 1
}

# Wrong usage: trying again is no use.
refuse() {
  say "$*"
  exit 2
}

# Prints the first source that is newer than the file $1; a folder is newer when something in it was removed.
newer_source() {
  local built=$1
  shift
  find "$@" -newer "$built" -print -quit
}

# $1: a file that a successful build leaves; $2: what to call it; $3: Maven's modules; then more Maven arguments, "--", sources.
build_unless_newer() {
  local built=$1 what=$2 modules=$3
  shift 3
  local arguments=()
  while [[ $1 != -- ]]; do
    arguments+=("$1")
    shift
  done
  shift
  # A build that finds nothing to do leaves its files untouched; the stamp says that they were looked at.
  local stamp=$root/deploy/local/$target/$(basename "$built").looked-at newest=$built
  if [[ -e $built && -e $stamp && $stamp -nt $built ]]; then
    newest=$stamp
  fi
  if [[ -e $built && -z $(newer_source "$newest" "$@") ]]; then
    return
  fi
  command -v mvn >/dev/null || fail "$what has to be built, and no mvn was found: install Maven 3.8 or newer"
  [[ $java_release == 17 && -x $JAVA_HOME/bin/javac ]] ||
    refuse "$what has to be built, which takes a JDK 17, and JAVA_HOME is $JAVA_HOME: build it once with JAVA_HOME set to a JDK 17, by \"$(echo mvn package -DskipTests "${spark_build[@]}")\""
  if [[ -e $built ]]; then
    say "building $what, whose sources have changed"
  else
    say "building $what (the first time also fetches dependencies: about 600 MB)"
  fi
  mkdir -p "$root/deploy/local/$target"
  touch "$stamp.new"
  (cd "$root" && mvn -q -B -pl "$modules" "${spark_build[@]}" "${arguments[@]}" package) >&2 </dev/null ||
    fail "the build failed, see above"
  mv "$stamp.new" "$stamp"
}

# With an argument "tests" or "benchmarks", their classes and a file with their class path too.
build_if_stale() {
  case ${1:-} in
    tests)
      build_with spark-job-tests tests.classpath "Cairn and its tests" src \
        spark-job,deploy/local,spark-job-tests -DskipTests
      ;;
    benchmarks)
      build_with benchmarks bench.classpath "Cairn and its benchmarks" src/main \
        spark-job,deploy/local,benchmarks -Dmaven.test.skip=true
      ;;
    *) build_job_and_spark_home ;;
  esac
}

# $1: a module; $2: the file with its class path; $3: what to call it; $4: which sources matter; $5: Maven's modules; $6: without tests
build_with() {
  local classpath=$root/$1/$target/$2
  if [[ ! -e $jar || ! -e $own_spark_home/assembled.stamp ]]; then
    rm -f "$classpath"
  fi
  build_unless_newer "$classpath" "$3" "$5" "$6" -- "$root/pom.xml" \
    "$root"/{spark-job,deploy/local}/pom.xml "$root/$1/pom.xml" \
    "$root/spark-job/$4" "$root/$1/$4" "$root/conf/reference.conf"
}

build_job_and_spark_home() {
  build_unless_newer "$jar" "Cairn" spark-job -Dmaven.test.skip=true -- \
    "$root/pom.xml" "$root/spark-job/pom.xml" "$root/spark-job/src/main" "$root/conf/reference.conf"
  if [[ -z ${SPARK_HOME:-} ]]; then
    build_unless_newer "$own_spark_home/assembled.stamp" "a SPARK_HOME" deploy/local -- \
      "$root/pom.xml" "$root/deploy/local/pom.xml"
  fi
}

set_spark_home() {
  export SPARK_HOME=${SPARK_HOME:-$own_spark_home}
  [[ -d $SPARK_HOME/jars ]] || fail "SPARK_HOME is $SPARK_HOME, which has no folder jars; unset it to have one assembled"
  # Executors leave a folder with their logs there each; a day is enough to read them.
  if [[ $SPARK_HOME == "$own_spark_home" && -d $SPARK_HOME/work ]]; then
    find "$SPARK_HOME/work" -mindepth 1 -maxdepth 1 -mmin +1440 -exec rm -rf {} +
  fi
  # Everything runs on this machine, so nothing needs to listen to the network.
  export SPARK_LOCAL_IP=${SPARK_LOCAL_IP:-127.0.0.1}
  # Spark otherwise guesses it from folders that only a build of Spark has.
  export SPARK_SCALA_VERSION=${SPARK_SCALA_VERSION:-$spark_scala}
}

# Classes of Spark, ND4J and Cairn take most of a start's time to be loaded and verified. The Java machine can keep them in the form
# in which it needs them (class data sharing). With CAIRN_RECORD_START=on that is recorded once for each build, by two short runs of the
# quickstart, into deploy/local/target, when a command of Cairn's is to start executors; docs/decisions/0034 says why so.
record_start() {
  start_options=()
  # An archive belongs to one Java.
  local folder=$root/deploy/local/$target/start-java-$java_release
  # Java compares class paths entry by entry, and takes no folders with files in them.
  if [[ ${CAIRN_RECORD_START:-off} != on || $SPARK_HOME != "$own_spark_home" ]]; then
    return
  fi
  local made_for
  made_for="$JAVA_HOME $(stat -c '%n %s %Y' "$jar" "$own_spark_home/assembled.stamp" | tr '\n' ' ')"
  if [[ ! -e $folder/made-for || $(<"$folder/made-for") != "$made_for" ]]; then
    [[ ${1:-} == train || ${1:-} == evaluate || ${1:-} == predict ]] || return 0
    [[ " $* " != *" --help "* ]] || return 0
    if [[ ! -x $JAVA_HOME/bin/jcmd ]]; then
      say "CAIRN_RECORD_START=on: nothing is recorded, since $JAVA_HOME has no bin/jcmd; a JDK has it"
      return 0
    fi
    say "recording what a start loads, for all further ones (CAIRN_RECORD_START=on; once for each build, two minutes)"
    rm -rf "$folder.$$"
    mkdir -p "$folder.$$"
    run_to_record "$folder.$$" || say "nothing was recorded: starts stay as they are (see $folder/log)"
    printf '%s' "$made_for" >"$folder.$$/made-for"
    # Whoever runs already keeps the files that he has opened.
    rm -rf "$folder"
    mv -T "$folder.$$" "$folder" 2>/dev/null || rm -rf "$folder.$$"
  fi
  if [[ -s $folder/driver.jsa && -s $folder/executor.jsa ]]; then
    start_options+=("-XX:SharedArchiveFile=$folder/driver.jsa" "-Dcairn.executor.archive=$folder/executor.jsa" -Xlog:cds=off -Xlog:cds+dynamic=off)
  fi
}

# $1: an empty folder, for the archives of a driver and of an executor. A driver writes its own when it ends.
run_to_record() {
  local folder=$1
  (quickstart_to_record "$folder/run" "-XX:ArchiveClassesAtExit=$folder/driver.jsa" --set train.epochs=1) >"$folder/log" 2>&1 </dev/null ||
    return 1
  rm -rf "$folder/run"
  (record_executor "$folder") || return 1
  rm -rf "$folder/run"
}

# An executor is asked for its archive while it trains: at the end Spark leaves it ten seconds, in which a slow machine does not write one.
# In a shell of its own, which ends the run however it ends itself; the run ends by itself, too.
record_executor() {
  local folder=$1 executor waited=0
  (quickstart_to_record "$folder/run" -Xshare:auto --set train.epochs=1000000 --set train.max-time=10m \
    --set "spark.spark.executor.extraJavaOptions=-XX:+RecordDynamicDumpInfo") >"$folder/log.executor" 2>&1 </dev/null &
  recording=$!
  trap end_recording EXIT
  while ! grep -q ", update .*: loss" "$folder/log.executor" && ((waited++ < 300)) && kill -0 "$recording" 2>/dev/null; do
    sleep 1
  done
  executor=$(pgrep -P "$recording" -f CoarseGrainedExecutorBackend | head -1 || true)
  [[ -n $executor ]] && "$JAVA_HOME/bin/jcmd" "$executor" VM.cds dynamic_dump "$folder/executor.jsa" >>"$folder/log" 2>&1
}

end_recording() {
  local waited=0
  kill "$recording" 2>/dev/null || true
  while ((waited++ < 60)) && kill -0 "$recording" 2>/dev/null; do
    sleep 1
  done
  kill -KILL "$recording" 2>/dev/null || true
}

# $1: the run's folder; $2: an option of the driver's Java machine; more arguments of the command.
quickstart_to_record() {
  local output=$1 option=$2
  shift 2
  cd "$root"
  OMP_NUM_THREADS=1 exec "$java" "${jvm_options[@]}" "$option" -Xlog:cds=off -Xlog:cds+dynamic=off -cp "$SPARK_HOME/jars/*:$jar" \
    io.cairn.cli.Cairn train conf/quickstart.conf --set "output=$output" "$@"
}
