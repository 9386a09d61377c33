"""Free memory: what the machine has, or the least that a control group around it leaves."""

import pytest

from infogan.data.free_memory import free_memory

KIB = 1024


def written(root, files):
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


MACHINE = {"proc/meminfo": "MemTotal: 900 kB\nMemAvailable:    500 kB\nSwapFree: 7 kB\n"}
SECOND = {
    "proc/self/cgroup": "0::/slice/job\n",
    "sys/fs/cgroup/slice/memory.max": "409600\n",
    "sys/fs/cgroup/slice/memory.current": "204800\n",
    "sys/fs/cgroup/slice/memory.stat": "anon 5\ninactive_file 2048\nactive_file 1024\n",
    "sys/fs/cgroup/slice/job/memory.max": "max\n",
    "sys/fs/cgroup/slice/job/memory.current": "1\n",
}
FIRST = {
    "proc/self/cgroup": "5:devices:/\n4:cpu,memory:/job\n",
    "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "307200\n",
    "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "102400\n",
    "sys/fs/cgroup/memory/job/memory.stat": "inactive_file 9\ntotal_inactive_file 4096\n",
}
CONTAINER = {  # it sees its own group on top, and its path is that of outside
    "proc/self/cgroup": "0::/kubepods/pod7\n",
    "sys/fs/cgroup/memory.max": "20480\n",
    "sys/fs/cgroup/memory.current": "30720\n",
}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 500 * KIB),
        (SECOND, 203 * KIB),
        (FIRST, 204 * KIB),
        (FIRST | {"sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{2**63 - 4096}"}, 500 * KIB),
        (CONTAINER, 0),
    ],
)
def test_the_tightest_bound_counts(tmp_path, files, free):
    assert free_memory(written(tmp_path, MACHINE | files)) == free


def test_other_systems_do_not_say(tmp_path):
    assert free_memory(tmp_path) is None


def test_this_machine_says():
    free = free_memory()
    assert free is None or 2**20 < free < 2**50
