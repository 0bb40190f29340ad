import os
import subprocess
import sys

from support.waiting import eventually

from amp_localstack.lambda_executor.memory_watch import MemoryWatch, own_peak, resident_bytes

NOBODY = 2**30  # larger than any process id


def test_a_group_over_its_limit_is_reported_once():
    broken: list[int] = []
    watch = MemoryWatch(measure=lambda groups: dict.fromkeys(groups, 100))
    watch.watch(NOBODY, 99, lambda: broken.append(1))
    watch.watch(NOBODY + 1, 100, lambda: broken.append(2))
    watch.look()
    watch.look()
    assert broken == [1]


def test_the_thread_looks_by_itself():
    broken: list[int] = []
    watch = MemoryWatch(measure=lambda groups: dict.fromkeys(groups, 100))
    watch.watch(NOBODY, 99, lambda: broken.append(1))
    assert eventually(lambda: list(broken), bool, timeout=5) == [1]


def test_a_released_group_is_not_measured():
    seen: list[list[int]] = []
    watch = MemoryWatch(measure=lambda groups: seen.append(list(groups)) or {})
    watch.watch(NOBODY, 1, lambda: None)
    watch.release(NOBODY)
    watch.look()
    assert seen[-1] == []


def test_the_peak_is_the_most_that_was_seen():
    values = iter([5, 9, 7])
    watch = MemoryWatch(measure=lambda groups: dict.fromkeys(groups, next(values, 1)))
    watch.watch(NOBODY, 10**9, lambda: None)
    for _ in range(3):
        watch.look()
    assert watch.peak(NOBODY) == 9
    watch.forget(NOBODY)
    assert watch.peak(NOBODY) == 0


def test_memory_is_summed_over_a_group():
    source = "import subprocess, sys; x = b'x' * (40 << 20); print(1, flush=True); "
    child = f"{source}sys.stdin.read()"
    parent = f"{source}subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        process.stdout.read(4)  # both have their memory
        used = resident_bytes([process.pid])[process.pid]
        assert used > 80 << 20
        assert own_peak(process.pid) > 40 << 20
    finally:
        process.communicate()
    assert resident_bytes([process.pid]) == {process.pid: 0}
    assert own_peak(process.pid) == 0


def test_this_process_is_measured():
    assert own_peak(os.getpid()) > 1 << 20
