#!/bin/bash
# Works on the jobs of a server until none waits; each task of the array is one worker:
#
#   export EYEPIECE_JOBS=postgres://eyepiece@lab/eyepiece EYEPIECE_SHARED=/project/eyepiece
#   sbatch --array=1-20 Config/slurm/work.sh
#
# A task takes no job whose predicted end is beyond 55 minutes, and gives back what runs when Slurm
# tells it to end, 120 seconds before it kills: nothing of that is counted as a failure. `exec` lets
# the signal reach the program. The password of the database is read from ~/.pgpass.
#SBATCH --job-name=eyepiece
#SBATCH --time=1:00:00
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
set -eu
: "${EYEPIECE_JOBS:?names the database, postgres://…}" "${EYEPIECE_SHARED:?names the shared store}"
export EYEPIECE_WEIGHTS="${EYEPIECE_WEIGHTS:-/project/eyepiece/weights}"
export EYEPIECE_THREADS="${SLURM_CPUS_PER_TASK:-0}" EYEPIECE_WORKERS="${EYEPIECE_WORKERS:-1}"
# Slurm's own folder for the task, where there is one: a local disk, not the network's.
export TMPDIR="${SLURM_TMPDIR:-${TMPDIR:-/tmp}}"
exec eyepiece work --until-empty --for 55m --drain-timeout 60
