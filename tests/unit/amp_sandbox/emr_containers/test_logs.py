"""Logs in CloudWatch; those in S3 are in the tests of the scheduler."""

from support.emr_fakes import Bench

from amp_sandbox.emr_containers.logs import container
from amp_sandbox.emr_containers.scheduler import LOG_SECONDS

TO_CLOUDWATCH = {
    "configurationOverrides": {
        "monitoringConfiguration": {
            "cloudWatchMonitoringConfiguration": {"logGroupName": "jobs", "logStreamNamePrefix": "amp"}
        }
    }
}


def events(bench: Bench, run: str, name: str = "stdout") -> list[str]:
    """https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-jobs-cloudwatch.html"""
    stream = f"amp/vc/jobs/{run}/containers/spark-{run}/spark-{run}-driver/{name}"
    return bench.log_groups.streams.get(stream, [])


def test_each_line_is_an_event_once_and_a_half_line_waits(bench: Bench) -> None:
    run = bench.running(**TO_CLOUDWATCH)
    bench.write(run, stdout="one\ntwo\nhal")
    bench.tick(seconds=LOG_SECONDS + 1)
    assert events(bench, run) == ["one", "two"]
    bench.restarted()
    bench.write(run, stdout="f\n\nlast")
    bench.end(run, 0)
    bench.tick()
    assert events(bench, run) == ["one", "two", "half", "last"]
    assert bench.s3.buckets["logs"] == {}


def test_many_and_long_lines_arrive_whole(bench: Bench) -> None:
    run = bench.running(**TO_CLOUDWATCH)
    long = "x" * 450_000
    lines = [str(number) for number in range(25_000)]
    bench.write(run, stdout="\n".join([*lines, long]) + "\n")
    bench.end(run, 0)
    bench.tick()
    found = events(bench, run)
    assert found[:25_000] == lines
    assert "".join(found[25_000:]) == long


def test_a_missing_log_group_is_told_as_on_aws_where_a_job_does_not_make_it(bench: Bench) -> None:
    monitoring = {"cloudWatchMonitoringConfiguration": {"logGroupName": "missing"}}
    run = bench.running(configurationOverrides={"monitoringConfiguration": monitoring})
    bench.write(run, stdout="x\n")
    bench.end(run, 0)
    bench.tick()
    assert bench.run(run).state == "COMPLETED"
    assert "no group" in (bench.run(run).details or "")


def test_later_attempts_have_places_of_their_own(bench: Bench) -> None:
    run = bench.running(retryPolicyConfiguration={"maxAttempts": 2})
    first = container(bench.run(run))
    bench.end(run, 1)
    bench.tick()
    assert container(bench.run(run)) == first.removesuffix("/") + "-2/"
