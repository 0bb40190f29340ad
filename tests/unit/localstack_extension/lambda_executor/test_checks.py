import pytest

from amp_localstack.lambda_executor.checks import refusal


@pytest.mark.parametrize("runtime", ["nodejs20.x", "provided.al2023", "python2.7", "java21"])
def test_other_runtimes_are_refused_by_name(runtime):
    assert runtime in refusal({"FunctionName": "fn", "Runtime": runtime})


def test_container_images_are_refused():
    assert "Image" in refusal({"FunctionName": "fn", "PackageType": "Image"})


@pytest.mark.parametrize("name", ["AWS_REGION", "_HANDLER", "AWS_ACCESS_KEY_ID", "LAMBDA_TASK_ROOT"])
def test_reserved_variables_are_refused_with_aws_words(name):
    reason = refusal({"Runtime": "python3.11", "Environment": {"Variables": {name: "x", "MINE": "y"}}})
    assert reason.startswith("Lambda was unable to configure your environment variables")
    assert reason.endswith(f"Reserved keys used in this request: {name}")


@pytest.mark.parametrize(
    "request_",
    [
        {"Runtime": "python3.11"},
        {"Runtime": "python3.13", "PackageType": "Zip", "Environment": {"Variables": {"TZ": "UTC"}}},
        {"FunctionName": "fn", "MemorySize": 256},  # an update of something else
        {"Environment": {}},
    ],
)
def test_the_rest_is_accepted(request_):
    assert refusal(request_) is None
