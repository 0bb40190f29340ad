import pytest

from amp_sandbox.emr_containers.submit_parameters import ParametersError, SubmitParameters, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SubmitParameters()),
        ("--conf spark.a=b=c", SubmitParameters({"spark.a": "b=c"})),
        ("--conf=spark.a=b", SubmitParameters({"spark.a": "b"})),
        ("-c 'spark.a=x y'", SubmitParameters({"spark.a": "x y"})),
        ("--conf spark.a=1 --conf spark.a=2", SubmitParameters({"spark.a": "2"})),
        ("--conf spark.jars=s3://b/a.jar", SubmitParameters(jars=("s3://b/a.jar",))),
        ("--class org.Main", SubmitParameters(main_class="org.Main")),
        ("--num-executors 3", SubmitParameters({"spark.executor.instances": "3"})),
        (
            "--executor-memory 2g --driver-memory 1g",
            SubmitParameters({"spark.executor.memory": "2g", "spark.driver.memory": "1g"}),
        ),
        (
            "--py-files s3://b/a.zip,s3://b/b.py --files s3://b/c#d --jars s3://b/e.jar --archives s3://b/f.zip#g",
            SubmitParameters(
                {}, None, ("s3://b/a.zip", "s3://b/b.py"), ("s3://b/c#d",), ("s3://b/e.jar",), ("s3://b/f.zip#g",)
            ),
        ),
    ],
)
def test_options_are_read(text: str, expected: SubmitParameters) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("--packages org:x:1", "--packages"),
        ("--conf spark.jars.packages=org:x:1", "spark.jars.packages"),
        ("--master local[2]", "--master"),
        ("--deploy-mode client", "--deploy-mode"),
        ("--conf", "--conf has no value"),
        ("--conf a=b", "'a=b'"),
        ("--conf spark.a", "'spark.a'"),
        ("job.py", "'job.py'"),
        ("--conf 'spark.a=b", "No closing quotation"),
    ],
)
def test_what_cannot_be_read_or_done_is_named(text: str, named: str) -> None:
    with pytest.raises(ParametersError) as raised:
        parse(text)
    assert named in str(raised.value)
