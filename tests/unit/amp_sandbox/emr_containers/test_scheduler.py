"""The scheduler, ticked by hand."""

import pytest
from support.emr_fakes import Bench

from amp_sandbox.emr_containers import attempt as attempts
from amp_sandbox.emr_containers import scheduler, store


def test_a_run_goes_through_awss_states(bench: Bench) -> None:
    run = bench.start()
    assert bench.run(run).state == "PENDING"
    bench.tick()
    assert bench.run(run).state == "SUBMITTED"
    bench.tick()
    assert bench.run(run).state == "RUNNING"
    bench.write(run, stdout="42 rows\n")
    bench.end(run, 0)
    bench.tick(seconds=10)
    done = bench.run(run)
    assert (done.state, done.finished_at, done.failure) == ("COMPLETED", bench.now, None)
    assert done.details == "JobRun completed successfully. It ran for 10 seconds."
    assert bench.s3.log(done, "stdout") == "42 rows\n"


def test_what_an_attempt_needed_goes_with_it_and_its_logs_stay(bench: Bench) -> None:
    run = bench.running()
    attempt = attempts.of(bench.settings, bench.run(run))
    bench.write(run, stdout="x")
    (attempt.temporary / "shuffle").write_bytes(b"x" * 1000)
    bench.end(run, 0)
    bench.tick()
    assert sorted(path.name for path in attempt.folder.iterdir()) == ["exit", "stderr", "stdout"]


def test_as_many_run_at_once_as_fit_and_the_others_in_their_order(bench: Bench) -> None:
    runs = [bench.start() for _ in range(4)]
    bench.tick(3)
    assert bench.states() == ["RUNNING", "RUNNING", "PENDING", "PENDING"]
    bench.end(runs[1], 0)
    bench.tick(3)
    assert bench.states() == ["RUNNING", "COMPLETED", "RUNNING", "PENDING"]


def test_a_run_waits_for_the_cluster(bench: Bench) -> None:
    bench.cluster.identity = None
    run = bench.start()
    bench.tick(10)
    assert bench.run(run).state == "SUBMITTED"
    assert bench.drivers.launched == []
    bench.cluster.identity = "1:1"
    bench.tick()
    assert bench.run(run).state == "RUNNING"


def test_a_cluster_that_does_not_come_up_fails_the_run(bench: Bench) -> None:
    bench.cluster.identity = None
    run = bench.start()
    bench.tick()
    bench.tick(2, seconds=scheduler.CLUSTER_SECONDS)
    failed = bench.run(run)
    assert (failed.state, failed.failure) == ("FAILED", "CLUSTER_UNAVAILABLE")
    assert failed.details == "Spark did not start within 120 s."


def test_no_java_is_said_in_the_details_and_the_log(bench: Bench) -> None:
    bench.cluster.problem = "Spark needs Java 17: JAVA_HOME has Java 11. Run: make setup"
    run = bench.start()
    bench.tick(2)
    failed = bench.run(run)
    assert (failed.state, failed.failure) == ("FAILED", "CLUSTER_UNAVAILABLE")
    assert failed.details == bench.cluster.problem
    assert bench.cluster.problem in bench.s3.log(failed, "stderr")


def test_a_missing_script_fails_the_run_before_a_driver_starts(bench: Bench) -> None:
    run = bench.start(jobDriver={"sparkSubmitJobDriver": {"entryPoint": "s3://code/typo.py"}})
    bench.tick(2)
    failed = bench.run(run)
    assert (failed.state, failed.failure) == ("FAILED", "USER_ERROR")
    assert failed.details == "entry point s3://code/typo.py does not exist."
    assert "s3://code/typo.py does not exist" in bench.s3.log(failed, "stderr")
    assert bench.drivers.launched == []


def test_a_driver_that_raises_is_the_users_error_and_told_by_its_last_line(bench: Bench) -> None:
    run = bench.running()
    bench.write(run, stdout='Traceback (most recent call last):\n  File "job.py"\nValueError: no such day\n')
    bench.end(run, 1)
    bench.tick()
    failed = bench.run(run)
    assert (failed.state, failed.failure) == ("FAILED", "USER_ERROR")
    assert failed.details == "The driver ended with exit code 1: ValueError: no such day"
    assert "ValueError: no such day" in bench.s3.log(failed, "stdout")


@pytest.mark.parametrize(
    ("code", "told"), [(None, "The driver was killed."), (137, "The driver was killed by signal 9.")]
)
def test_a_killed_driver_is_not_the_users_error(bench: Bench, code: int | None, told: str) -> None:
    run = bench.running()
    bench.end(run, code)
    bench.tick()
    failed = bench.run(run)
    assert (failed.state, failed.failure, failed.details) == ("FAILED", "INTERNAL_ERROR", told)


@pytest.mark.parametrize("problem", [None, "spark_worker does not run: it ended."])
def test_a_driver_whose_cluster_is_gone_is_ended(bench: Bench, problem: str | None) -> None:
    run = bench.running()
    bench.cluster.identity, bench.cluster.problem = "2:2", problem
    bench.tick()
    failed = bench.run(run)
    assert (failed.state, failed.failure) == ("FAILED", "CLUSTER_UNAVAILABLE")
    assert failed.details == (problem or "The Spark master ended while the job ran.")
    assert bench.drivers.running == {}


def test_a_supervisor_that_does_not_answer_for_a_moment_ends_nothing(bench: Bench) -> None:
    run = bench.running()
    bench.cluster.identity = None
    bench.tick(5)
    assert bench.run(run).state == "RUNNING"


def test_a_failed_attempt_is_tried_again_later_and_later(bench: Bench) -> None:
    """10 s, then 20 s: https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/jobruns-using-retry-policies.html"""
    run = bench.running(retryPolicyConfiguration={"maxAttempts": 3})
    for attempt, wait in ((1, 10), (2, 20)):
        bench.write(run, stdout=f"attempt {attempt}\n")
        bench.end(run, 1)
        bench.tick()
        assert bench.run(run).state == "PENDING"
        assert (bench.run(run).details or "").startswith(f"Attempt {attempt} of 3 failed, the next is in {wait} s.")
        bench.tick(2, seconds=wait / 2 - 0.1)
        assert bench.run(run).state == "PENDING"
        bench.tick(3)
        assert (bench.run(run).state, bench.run(run).attempt) == ("RUNNING", attempt + 1)
    bench.end(run, 1)
    bench.tick()
    assert (bench.run(run).state, bench.run(run).attempt) == ("FAILED", 3)
    assert [bench.s3.log(bench.run(run), "stdout", attempt) for attempt in (1, 2)] == ["attempt 1\n", "attempt 2\n"]


def test_a_run_that_waits_for_its_next_attempt_holds_up_nobody(bench: Bench) -> None:
    first = bench.running(retryPolicyConfiguration={"maxAttempts": 2})
    bench.end(first, 1)
    bench.tick()
    second, third = bench.running(), bench.running()
    assert [bench.run(one).state for one in (first, second, third)] == ["PENDING", "RUNNING", "RUNNING"]


def test_a_cancelled_run_in_the_queue_never_starts(bench: Bench) -> None:
    run = bench.start()
    bench.cancel(run)
    bench.tick(2)
    done = bench.run(run)
    assert (done.state, done.details) == ("CANCELLED", "The job run was cancelled by the user.")
    assert bench.drivers.launched == []
    assert "cancelled by the user" in bench.s3.log(done, "stderr")


def test_a_cancelled_run_is_cancelled_when_its_driver_is_gone(bench: Bench) -> None:
    run = bench.running()
    bench.write(run, stdout="half\n")
    bench.drivers.stubborn = True
    bench.cancel(run)
    bench.tick(3)
    assert bench.run(run).state == "CANCEL_PENDING"
    bench.tick(2, seconds=scheduler.TERMINATE_SECONDS)
    assert bench.run(run).state == "CANCELLED"
    assert bench.drivers.running == {}
    assert bench.s3.log(bench.run(run), "stdout") == "half\n"


def test_a_run_that_ends_while_it_is_cancelled_is_cancelled(bench: Bench) -> None:
    run = bench.running()
    bench.cancel(run)
    bench.end(run, 0)
    bench.tick(2)
    assert bench.run(run).state == "CANCELLED"


def test_after_a_restart_a_driver_is_watched_again(bench: Bench) -> None:
    run = bench.running()
    bench.restarted()
    bench.tick(3)
    assert bench.run(run).state == "RUNNING"
    bench.end(run, 0)
    bench.tick()
    assert bench.run(run).state == "COMPLETED"
    assert len(bench.drivers.launched) == 1


def test_after_a_restart_a_driver_that_was_not_recorded_is_ended_and_started_anew(bench: Bench) -> None:
    run = bench.start()
    bench.tick()
    bench.drivers.running[99] = f"{run}/1"
    bench.restarted()
    bench.tick(2)
    assert bench.run(run).state == "RUNNING"
    assert 99 not in bench.drivers.running
    assert len(bench.drivers.running) == 1


def test_a_pid_that_is_another_process_by_now_is_no_driver(bench: Bench) -> None:
    run = bench.running()
    bench.db.execute("UPDATE job_runs SET pid_started = 9")
    bench.restarted()
    bench.tick()
    assert bench.run(run).failure == "INTERNAL_ERROR"


def test_logs_are_there_while_a_run_goes_on(bench: Bench) -> None:
    run = bench.running()
    bench.write(run, stdout="begun\n")
    bench.tick(seconds=scheduler.LOG_SECONDS + 1)
    assert bench.s3.log(bench.run(run), "stdout") == "begun\n"


def test_logs_that_cannot_be_delivered_are_told_and_change_no_state(bench: Bench) -> None:
    del bench.s3.buckets["logs"]
    run = bench.running()
    bench.end(run, 0)
    bench.tick()
    done = bench.run(run)
    assert done.state == "COMPLETED"
    assert "But logs were not delivered" in (done.details or "")
    assert "NoSuchBucket" in (done.details or "")


def test_the_worker_goes_when_no_run_has_waited_for_a_while(bench: Bench) -> None:
    run = bench.running()
    bench.tick(3, seconds=scheduler.IDLE_SECONDS)
    assert bench.cluster.released == 0
    bench.end(run, 0)
    bench.tick()
    bench.tick(seconds=scheduler.IDLE_SECONDS - 1)
    assert bench.cluster.released == 0
    bench.tick(5, seconds=1)
    assert bench.cluster.released == 1
    bench.running()
    assert bench.cluster.released == 1


def test_a_deleted_virtual_cluster_ends_with_its_runs(bench: Bench) -> None:
    bench.running()
    bench.start()
    store.set_cluster_state(bench.db, "vc", "TERMINATING")
    bench.tick(4)
    assert bench.states() == ["CANCELLED", "CANCELLED"]
    cluster = store.get_cluster(bench.db, "vc")
    assert cluster is not None
    assert cluster.state == "TERMINATED"
