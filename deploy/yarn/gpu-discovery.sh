#!/usr/bin/env bash
# Tells Spark which GPUs a process may use: Spark runs it for spark.executor.resource.gpu.discoveryScript (YARN, Kubernetes) and
# spark.worker.resource.gpu.discoveryScript (standalone), and reads from its output
#
#   {"name": "gpu", "addresses": ["0:GPU-6c1...", "1:GPU-e05..."]}
#
# An address is the number by which CUDA knows the GPU in that process, and the GPU's UUID, by which two workers on one host notice
# that they were given the same one. The number is CUDA's only with CUDA_DEVICE_ORDER=PCI_BUS_ID.
#
# CUDA_VISIBLE_DEVICES, where set, decides which GPUs there are and in which order, as it does for CUDA: indices of
# nvidia-smi or (beginnings of) UUIDs.
#
# CAIRN_GPU_CLAIMS=FOLDER makes the script give out one GPU, which no other process of this host has that used the same folder: for YARN without
# isolation of GPUs, and several standalone workers on a host. The claim lasts as long as the process that ran the script. Where all are
# taken, it waits up to CAIRN_GPU_CLAIMS_WAIT seconds, 20 by default.
#
# Needs bash 4, nvidia-smi, and for claims flock and GNU tail. Exits with 1 and says why when something is amiss.
set -euo pipefail

# On standard output, since of a script that fails Spark logs that alone as an error.
fail() {
  echo "gpu-discovery: $*"
  exit 1
}

# Sets all: the UUIDs of this machine's GPUs in the order of their indices.
list_gpus() {
  local listing index uuid
  command -v nvidia-smi >/dev/null || fail "nvidia-smi is not on the PATH, $PATH"
  listing=$(nvidia-smi --query-gpu=index,uuid --format=csv,noheader 2>&1) || fail "nvidia-smi: $listing"
  all=()
  while IFS=', ' read -r index uuid; do
    [[ $index =~ ^[0-9]+$ && $uuid == GPU-* ]] || fail "nvidia-smi printed \"$index, $uuid\", not an index and a UUID"
    all[index]=$uuid
  done <<<"$listing"
}

# Prints the UUID of the GPU that one entry of CUDA_VISIBLE_DEVICES names, or nothing.
named_gpu() {
  local entry=$1 uuid found=()
  if [[ $entry =~ ^[0-9]+$ ]]; then
    echo "${all[10#$entry]:-}"
  elif [[ $entry == GPU-* ]]; then
    for uuid in "${all[@]}"; do
      if [[ $uuid == "$entry"* ]]; then
        found+=("$uuid")
      fi
    done
    ((${#found[@]} != 1)) || echo "${found[0]}"
  fi
}

# Sets visible: UUIDs in CUDA's order. As for CUDA, the first entry that names nothing ends the list.
choose_visible() {
  local entries entry uuid
  visible=()
  if [[ -z ${CUDA_VISIBLE_DEVICES+set} ]]; then
    visible=("${all[@]}")
    return
  fi
  IFS=', ' read -r -a entries <<<"$CUDA_VISIBLE_DEVICES"
  for entry in "${entries[@]}"; do
    [[ $entry != MIG-* ]] || fail "CUDA_VISIBLE_DEVICES names a part of a GPU, $entry; only whole GPUs can be used"
    uuid=$(named_gpu "$entry")
    if [[ -z $uuid ]]; then
      return
    fi
    visible+=("$uuid")
  done
}

# Keeps in addresses only the first GPU that nobody else has. A process of its own holds the lock until our parent has ended;
# the kernel gives it back however that comes about.
claim_one() {
  local folder=$1 deadline=$((SECONDS + ${CAIRN_GPU_CLAIMS_WAIT:-20})) address lock
  [[ -d $folder ]] || mkdir -p -m 1777 "$folder" || fail "CAIRN_GPU_CLAIMS: $folder cannot be made"
  while :; do
    for address in "${addresses[@]}"; do
      exec {lock}<>"$folder/${address#*:}" || fail "CAIRN_GPU_CLAIMS: $folder/${address#*:} cannot be opened"
      chmod -f 666 "$folder/${address#*:}" || true
      if flock --nonblock "$lock"; then
        tail --pid="$PPID" -f /dev/null </dev/null >/dev/null 2>&1 &
        addresses=("$address")
        return
      fi
      exec {lock}>&-
    done
    # Whoever had it may just have been killed: its lock goes a second later.
    ((SECONDS < deadline)) || break
    sleep 0.5
  done
  fail "all of ${addresses[*]} are claimed in $folder: more workers on this host than GPUs?"
}

list_gpus
choose_visible
((${#visible[@]} > 0)) || fail "no GPU is visible: nvidia-smi lists ${#all[@]}, CUDA_VISIBLE_DEVICES is \"${CUDA_VISIBLE_DEVICES-not set}\""

addresses=()
for number in "${!visible[@]}"; do
  addresses+=("$number:${visible[number]}")
done
if [[ -n ${CAIRN_GPU_CLAIMS:-} ]]; then
  claim_one "$CAIRN_GPU_CLAIMS"
fi

printf -v list '"%s", ' "${addresses[@]}"
echo "{\"name\": \"gpu\", \"addresses\": [${list%, }]}"
