#!/bin/bash
#SBATCH --job-name=infogan
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=08:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --output=infogan-%j.log

# One torchrun on each machine, four processes each; they meet at the first machine.
# Data and runs lie on a file system that all machines see.
set -euo pipefail
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)

# A requeued job finds its run, and goes on with it.
again=()
if [ -d runs/photos ]; then again=(--resume); fi

# A fresh meeting place whenever torchrun starts the processes again.
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
srun torchrun --nnodes="$SLURM_NNODES" --nproc-per-node=4 --max-restarts=3 \
    --rdzv-backend=c10d --rdzv-id="$SLURM_JOB_ID" --rdzv-endpoint="$first:29500" \
    -m infogan train --data shards/ --batch_size 512 --out runs/photos --quiet "${again[@]}"
