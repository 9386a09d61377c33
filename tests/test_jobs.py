"""The job files of docs/scale.md: their commands are ones that torchrun and infogan take."""

import re
import shlex
import subprocess
from pathlib import Path

import yaml
from torch.distributed.run import get_args_parser

from infogan.cli import main
from infogan.commands.launching import FRESH_STORE

JOBS = Path(__file__).parents[1] / "docs" / "jobs"
SBATCH = {"job-name", "nodes", "ntasks-per-node", "gpus-per-node", "cpus-per-task", "time"}
SBATCH |= {"signal", "requeue", "output"}


def check_command(words, nodes, tmp_path, monkeypatch, capsys):
    """Both parse it, and it asks for so many machines of four processes."""
    assert words[0] == "torchrun"
    parsed = get_args_parser().parse_args(words[1:])
    assert (parsed.nnodes, parsed.nproc_per_node) == (nodes, "4")
    assert (parsed.rdzv_backend, parsed.max_restarts) == ("c10d", 3)
    assert parsed.rdzv_endpoint.endswith(":29500")
    assert (parsed.module, parsed.training_script) == (True, "infogan")
    # What the command would do, were it to start more processes: say how.
    monkeypatch.chdir(tmp_path)
    assert main([*parsed.training_script_args, "--num-nodes", "2"]) == 0
    assert " ".join(parsed.training_script_args) in capsys.readouterr().out


def test_the_slurm_script(tmp_path, monkeypatch, capsys):
    path = JOBS / "slurm.sh"
    subprocess.run(["bash", "-n", str(path)], check=True)
    text = path.read_text()
    assert set(re.findall(r"^#SBATCH --([a-z-]+)", text, re.MULTILINE)) <= SBATCH
    command = re.search(r"^srun (.*?)$(?!\n    )", text.replace("\\\n", ""), re.MULTILINE)[1]
    command = command.replace("$SLURM_NNODES", "2").replace('"${again[@]}"', "--resume")
    assert "SLURM_JOB_ID" in command
    assert f"\nexport {FRESH_STORE}\n" in text
    check_command(shlex.split(command), "2", tmp_path, monkeypatch, capsys)


def test_the_kubernetes_job(tmp_path, monkeypatch, capsys):
    service, job = yaml.safe_load_all((JOBS / "kubernetes.yaml").read_text())
    assert (service["apiVersion"], service["kind"]) == ("v1", "Service")
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec, pod = job["spec"], job["spec"]["template"]["spec"]
    assert spec["completionMode"] == "Indexed"
    # Pods are called JOB-INDEX.SUBDOMAIN: the first of them is where all meet.
    assert pod["subdomain"] == service["metadata"]["name"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    (container,) = pod["containers"]
    meeting = f"{job['metadata']['name']}-0.{pod['subdomain']}:29500"
    assert container["command"] == ["sh", "-c"]
    (script,) = container["args"]
    assert [f"{each['name']}={each['value']}" for each in container["env"]] == [FRESH_STORE]
    assert f"--rdzv-endpoint={meeting}" in script
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 4
    assert {each["name"] for each in container["volumeMounts"]} == {
        each["name"] for each in pod["volumes"]
    }
    nodes = str(spec["completions"])
    assert spec["parallelism"] == spec["completions"]
    start, again = script.removeprefix("exec ").split("$(")
    assert again == "test -d runs/photos && echo --resume)"
    check_command(shlex.split(start), nodes, tmp_path, monkeypatch, capsys)
