#!/usr/bin/env bash
# A Slurm of one node, without systemd, in a folder of its own: no file outside it, own ports, everything owned by who starts it.
#   cluster.sh install            Debian's and Ubuntu's packages, if Slurm is not there; needs root or sudo
#   cluster.sh start DIR PORT     with ports PORT and PORT+1; afterwards SLURM_CONF=DIR/slurm.conf reaches it
#   cluster.sh stop DIR
set -euo pipefail
export PATH=$PATH:/usr/sbin

install() {
    local missing= sudo= program
    for program in munged slurmctld slurmd srun; do
        command -v "$program" > /dev/null || missing=$program
    done
    [ -n "$missing" ] || return 0
    [ "$(id --user)" = 0 ] || sudo=sudo
    $sudo apt-get update --quiet=2
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends slurm-wlm munge
}

# Eight CPUs are said to be there whatever the machine has, so that small jobs run side by side. A job may take KillWait seconds
# to write its checkpoint before it is killed: a busy machine is slow.
write_config() {
    local user host
    user=$(id --user --name) host=$(hostname --short)
    cat > "$1/slurm.conf" << END
ClusterName=wordorder
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$2
SlurmdPort=$(($2 + 1))
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$1/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.log
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=600
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=1000
PartitionName=all Nodes=one Default=YES PriorityTier=1 MaxTime=INFINITE State=UP
PartitionName=urgent Nodes=one PriorityTier=2 MaxTime=INFINITE State=UP
END
}

start() {
    mkdir -p "$1/state" "$1/spool"
    chmod 755 "$1"
    (umask 077 && head --bytes=1024 /dev/urandom > "$1/munge.key")
    munged --force --socket="$1/munge.socket" --key-file="$1/munge.key" --pid-file="$1/munged.pid" \
        --log-file="$1/munged.log" --seed-file="$1/munged.seed" 2> "$1/munged.err"
    write_config "$1" "$2"
    export SLURM_CONF=$1/slurm.conf
    slurmctld
    slurmd -N one
    for _ in $(seq 600); do
        [ "$(sinfo --noheader --format=%T 2> /dev/null)" = idle ] && return
        sleep 0.1
    done
    tail "$1"/*.log >&2
    return 1
}

# By number and not by name: another Slurm may run here.
stop() {
    for daemon in slurmd slurmctld munged; do
        [ ! -e "$1/$daemon.pid" ] || kill "$(cat "$1/$daemon.pid")" || true
    done
}

"$@"
