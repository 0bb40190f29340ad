import stat
from pathlib import Path

import pytest
from support.emr_fakes import Bench

from amp_sandbox.emr_containers import attempt as attempts
from amp_sandbox.emr_containers.attempt import FetchError, Launch
from amp_sandbox.runtime import spark


def prepared(bench: Bench, entry: str = "s3://code/job.py", parameters: str = "", **request: object) -> Launch:
    driver = {"entryPoint": entry, "entryPointArguments": ["--date", "2026-01-02"]}
    if parameters:
        driver["sparkSubmitParameters"] = parameters
    run = bench.run(bench.start(jobDriver={"sparkSubmitJobDriver": driver}, **request))
    return attempts.prepare(bench.settings, bench.machine, run, bench.s3)


def conf(launch: Launch) -> dict[str, str]:
    return spark.read_properties(launch.attempt.folder / "spark.conf")


def test_the_script_is_fetched_and_run_with_its_arguments(bench: Bench) -> None:
    launch = prepared(bench)
    entry, *arguments = launch.command[-3:]
    assert Path(entry).read_bytes() == b"print()"
    assert Path(entry).name == "job.py"
    assert arguments == ["--date", "2026-01-02"]


def test_secrets_are_in_a_file_of_the_owners_and_not_on_the_command_line(bench: Bench) -> None:
    launch = prepared(bench)
    file = launch.attempt.folder / "spark.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    secret = conf(launch)["spark.authenticate.secret"]
    assert secret == spark.read_properties(spark.cluster_conf(bench.settings.home))["spark.authenticate.secret"]
    assert secret not in " ".join(launch.command)
    assert launch.environment["AWS_SECRET_ACCESS_KEY"] == "test"
    assert launch.environment["AWS_ENDPOINT_URL"] == bench.settings.localstack_url


def test_files_of_the_same_name_do_not_meet(bench: Bench) -> None:
    bench.s3.buckets["code"] |= {"a/lib.py": b"a", "b/lib.py": b"b"}
    launch = prepared(bench, parameters="--py-files s3://code/a/lib.py,s3://code/b/lib.py")
    first, second = (Path(path) for path in conf(launch)["spark.submit.pyFiles"].split(","))
    assert (first.read_bytes(), second.read_bytes()) == (b"a", b"b")
    assert first.name == second.name == "lib.py"


def test_files_are_where_the_driver_runs_by_their_alias(bench: Bench) -> None:
    bench.s3.buckets["code"]["conf/app.ini"] = b"x"
    launch = prepared(bench, parameters="--files s3://code/conf/app.ini#settings.ini")
    assert (launch.attempt.work / "settings.ini").read_bytes() == b"x"
    assert conf(launch)["spark.files"] == str(launch.attempt.work / "settings.ini")


def test_archives_keep_their_alias(bench: Bench) -> None:
    bench.s3.buckets["code"]["env.zip"] = b"x"
    assert conf(prepared(bench, parameters="--archives s3://code/env.zip#env"))["spark.archives"].endswith(
        "env.zip#env"
    )


def test_emrs_image_is_this_machines_spark(bench: Bench) -> None:
    entry = prepared(bench, "local:///usr/lib/spark/examples/src/main/python/pi.py").command[-3]
    assert entry == str(spark.spark_home() / "examples/src/main/python/pi.py")


@pytest.mark.parametrize(
    "uri", ["local:///usr/lib/spark/none.py", "local:///etc/passwd", "local:///usr/lib/spark/../../../../../etc/passwd"]
)
def test_nothing_else_of_the_machine_is_read(bench: Bench, uri: str) -> None:
    with pytest.raises(FetchError, match="does not exist"):
        prepared(bench, uri)


def test_a_jar_is_run_by_its_class(bench: Bench) -> None:
    bench.s3.buckets["code"]["app.jar"] = b"x"
    command = prepared(bench, "s3://code/app.jar", "--class org.Main").command
    assert command[command.index("--class") + 1] == "org.Main"


def test_an_older_release_runs_and_the_log_says_on_what(bench: Bench) -> None:
    launch = prepared(bench, releaseLabel="emr-6.15.0-latest")
    assert "emr-6.15.0-latest has another Spark on AWS" in launch.attempt.stderr.read_text()


def test_nothing_of_an_earlier_try_is_left(bench: Bench) -> None:
    run = bench.run(bench.start())
    folder = attempts.of(bench.settings, run).folder
    folder.mkdir(parents=True)
    (folder / "exit").write_text("0")
    attempts.prepare(bench.settings, bench.machine, run, bench.s3)
    assert not (folder / "exit").exists()
