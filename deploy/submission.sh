# What yarn/submit and standalone/submit share: their command line, and Spark's settings put together from several files.
# Sourced by them; they set $self to their name and call, in this order:
#
#   parse_arguments "$@"      -> $properties, $without_gpu, spark_options, command; names of $own_options -> own_values
#   find_spark                -> SPARK_HOME, exported, $spark_submit, and $jar, that of this Spark unless one is named
#   open_properties FILE...   -> $properties_path
#
# Works with bash 4 and the usual Unix tools. Nothing here changes the working directory.

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
source "$root/deploy/java-releases.sh"
source "$root/deploy/spark-releases.sh"

say() {
  echo "$self: $*" >&2
}

# Wrong usage: trying again is no use.
refuse() {
  say "$*"
  exit 2
}

# Options come first, Cairn's command and its arguments after them. Options that are neither ours nor the caller's
# ($own_options, each with a value) are spark-submit's.
parse_arguments() {
  declare -gA own_values=()
  spark_options=() command=() without_gpu= jar=
  while (($# > 0)) && [[ $1 == -* ]]; do
    case $1 in
      --help | -h) usage && exit 0 ;;
      --cpu) without_gpu=yes ;;
      # The only options of spark-submit's without a value that are of use here.
      --verbose | -v | --*=*) spark_options+=("$1") ;;
      *)
        (($# > 1)) || refuse "$1 needs a value"
        if [[ $1 == --properties ]]; then
          properties=$2
        elif [[ $1 == --jar ]]; then
          jar=$2
        elif [[ " ${own_options:-} " == *" $1 "* ]]; then
          own_values[$1]=$2
        else
          spark_options+=("$1" "$2")
        fi
        shift
        ;;
    esac
    shift
  done
  (($# > 0)) || refuse "a command is missing, such as: train my.conf"
  command=("$@")
  [[ -f $properties ]] || refuse "there is no $properties"
}

find_spark() {
  if [[ -z ${SPARK_HOME:-} ]]; then
    spark_submit=$(command -v spark-submit) || refuse "no spark-submit found: set SPARK_HOME to a Spark distribution (deploy/standalone/install-spark gets one)"
  else
    export SPARK_HOME
    spark_submit=$SPARK_HOME/bin/spark-submit
    [[ -x $spark_submit ]] || refuse "SPARK_HOME is $SPARK_HOME, which has no bin/spark-submit"
  fi
  require_java_of "${SPARK_HOME:-$(dirname "$(readlink -f "$spark_submit")")/..}"
  find_jar "${SPARK_HOME:-$(dirname "$(readlink -f "$spark_submit")")/..}"
}

# $1: the folder of a Spark; the jar that is built for it, unless one is named.
find_jar() {
  local build=()
  if [[ -z $jar ]]; then
    use_spark "$(spark_release_of "$1")" "$1"
    jar=$spark_jar build=("${spark_build[@]}")
  fi
  [[ $jar == *://* || -f $jar ]] || refuse "there is no $jar: build it with \"$(echo mvn package -DskipTests "${build[@]}")\", or name one with --jar"
}

# spark-submit takes either its own spark-defaults.conf or one other file. Here the former comes first and each further
# file wins over those before it. The result may hold a secret, so it has no name, and ends with the process that reads it.
open_properties() {
  local file nameless
  nameless=$(umask 077 && mktemp)
  exec {properties_fd}<"$nameless"
  for file in "${SPARK_CONF_DIR:-${SPARK_HOME:-/opt/spark}/conf}/spark-defaults.conf" "$@"; do
    [[ ! -f $file ]] || (cat "$file" && echo)
  done | if [[ -n $without_gpu ]]; then sed '/\.resource\.gpu\./d; /\.CUDA_/d; /\.CAIRN_GPU_/d'; else cat; fi >"$nameless"
  rm "$nameless"
  properties_path=/dev/fd/$properties_fd
}
