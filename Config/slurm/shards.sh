#!/bin/bash
# The images of a folder in fixed shares, without any server or database; what is there already is not
# made again, so that the same command goes on where it ended:
#
#   IMAGES=/data/scans RESULTS=/project/out sbatch --array=0-19 Config/slurm/shards.sh --output pca
#
# A share is chosen by the images' digests: a folder that is renamed keeps its shares.
#SBATCH --job-name=eyepiece
#SBATCH --time=4:00:00
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
set -eu
: "${IMAGES:?is the folder of the images}" "${RESULTS:?is the folder of the results}"
export EYEPIECE_WEIGHTS="${EYEPIECE_WEIGHTS:-/project/eyepiece/weights}"
export EYEPIECE_THREADS="${SLURM_CPUS_PER_TASK:-0}"
exec eyepiece run "$IMAGES"/* -o "$RESULTS" --resume \
  --shard "$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN))/$SLURM_ARRAY_TASK_COUNT" "$@"
