# What "machine" and "node" share. Sourced by them; they set $folder to where logs go, and $project and $cache.

here=$project/spark-job-tests/kubernetes
gateway=10.77.0.1 services=10.96.0.0/16 api=10.96.0.1 dns=10.96.0.10
export PATH=$cache/bin:$cache/packages/tools:$cache/packages/usr/bin:$cache/packages/usr/sbin:$cache/packages/sbin:$PATH

say() {
  echo "$(date -u +%T) $*"
}

# start NAME COMMAND...: in the background. All ends with any of its parts, so that none is missed later on.
parts=0
start() {
  local name=$1
  shift
  parts=$((parts + 1))
  "$@" >"$folder/$name.log" 2>&1 &
}

# until_true COMMAND...: a part that has ended will never be ready.
until_true() {
  until "$@" >/dev/null 2>&1; do
    sleep 0.2
    (($(jobs -r | wc -l) >= parts)) || {
      say "a part has ended while it was waited for: $*"
      tail -n 3 "$folder"/*.log
      exit 1
    }
  done
}

until_a_part_ends() {
  while (($(jobs -r | wc -l) >= parts)); do
    wait -n || true
  done
  say "a part has ended; running are: $(jobs -r)"
  exit 1
}

# own_files FOLDER: no mount, and nothing that is written outside of the cluster's folder, is seen by anybody else.
own_files() {
  local place options hierarchies wanted
  mount --make-rprivate /
  mount -t tmpfs tmpfs /run
  for place in lib log; do
    mkdir -p "$1/var/$place" "$1/work/$place"
    mount -t overlay overlay -o "lowerdir=/var/$place,upperdir=$1/var/$place,workdir=$1/work/$place" "/var/$place"
  done
  # Each hierarchy of control groups, from our own group on.
  hierarchies=$(awk '$3 == "cgroup" { print $2, $4 }' /proc/self/mounts)
  umount -R /sys/fs/cgroup
  mount -t tmpfs tmpfs /sys/fs/cgroup
  while read -r place options; do
    mkdir -p "$place"
    options=$(tr , '\n' <<<"$options" | grep -vxE 'rw|ro|relatime|nosuid|nodev|noexec|xattr|release_agent=.*' | paste -sd,)
    mount -t cgroup -o "$options" cgroup "$place"
  done <<<"$hierarchies"
  # The kubelet would set these for the whole machine: it is shown what it wants to see.
  mkdir -p "$1/sysctl"
  for wanted in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1; do
    echo "${wanted#*=}" >"$1/sysctl/$(basename "${wanted%=*}")"
    mount --bind "$1/sysctl/$(basename "${wanted%=*}")" "/proc/sys/${wanted%=*}"
  done
}

# own_network NAME ADDRESS: a bridge, with the node's address; pods are attached to it.
own_network() {
  hostname "$1"
  printf '127.0.0.1 localhost\n%s node1\n%s node2\n' 10.77.0.1 10.77.0.2 >"$folder/hosts"
  mount --bind "$folder/hosts" /etc/hosts
  ip link set lo up
  ip link add br0 type bridge
  ip address add "$2/24" dev br0
  ip link set br0 up
  # Policies are for traffic on the bridge, too.
  echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables
}
