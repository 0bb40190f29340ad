from typing import Any

import pytest
from botocore.exceptions import ClientError

from amp_sandbox.mwaa.airflow import AirflowError
from amp_sandbox.mwaa.gateway import NoAnswerError, RestAnswer, RestCall


def test_a_call_is_passed_on_and_its_answer_is_given_back(mwaa: Any) -> None:
    mwaa.make()
    mwaa.airflow.answer = lambda _: RestAnswer(200, {"dag_id": "x", "n": 1, "tags": [None, True]})
    answer = mwaa.client.invoke_rest_api(
        Name="amp",
        Path="/dags/lake_daily/dagRuns",
        Method="POST",
        QueryParameters={"limit": 2, "state": ["queued", "running"], "flag": True},
        Body={"logical_date": None, "conf": {"days": 2}},
    )
    assert answer["RestApiStatusCode"] == 200
    assert answer["RestApiResponse"] == {"dag_id": "x", "n": 1, "tags": [None, True]}
    query = (("limit", "2"), ("state", "queued"), ("state", "running"), ("flag", "true"))
    body = {"logical_date": None, "conf": {"days": 2}}
    assert mwaa.airflow.calls == [RestCall("POST", "/dags/lake_daily/dagRuns", query, body)]


def test_an_empty_body_is_sent_with_the_methods_that_have_one(mwaa: Any) -> None:
    """Airflow's own hook for MWAA gives one with every call."""
    mwaa.make()
    for method in ("GET", "DELETE", "POST"):
        mwaa.client.invoke_rest_api(Name="amp", Path="/dags", Method=method, Body={}, QueryParameters={})
    assert [call.body for call in mwaa.airflow.calls] == [None, None, {}]


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "RestApiClientException"), (307, "RestApiClientException"), (500, "RestApiServerException")],
)
def test_what_airflow_refuses_is_an_error_with_its_answer(mwaa: Any, status: int, code: str) -> None:
    mwaa.make()
    mwaa.airflow.answer = lambda _: RestAnswer(status, {"detail": "no such dag"})
    with pytest.raises(ClientError) as raised:
        mwaa.client.invoke_rest_api(Name="amp", Path="/dags/x", Method="GET")
    response = raised.value.response
    # Both have this status. https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Code"] == code
    assert response["RestApiStatusCode"] == status
    assert response["RestApiResponse"] == {"detail": "no such dag"}


@pytest.mark.parametrize(
    ("error", "status"), [(AirflowError("It does not start."), 503), (NoAnswerError("It does not answer."), 504)]
)
def test_an_airflow_that_cannot_be_had_is_an_error_that_says_why(mwaa: Any, error: Exception, status: int) -> None:
    mwaa.make()

    def fail(_: RestCall) -> RestAnswer:
        raise error

    mwaa.airflow.answer = fail
    with pytest.raises(ClientError) as raised:
        mwaa.client.invoke_rest_api(Name="amp", Path="/dags", Method="GET")
    response = raised.value.response
    assert response["Error"] == {"Code": "RestApiServerException", "Message": str(error)}
    assert (response["RestApiStatusCode"], response["RestApiResponse"]) == (status, {"detail": str(error)})


@pytest.mark.parametrize(
    "path",
    [
        "dags",
        "/",
        "//evil.example/dags",
        "http://evil.example/",
        "/../auth/token",
        "/dags/../../auth/token",
        "/dags/%2e%2e/%2E%2E/auth/token",
        "/dags/%252e%252e/x",
        "/dags/..%2f..%2fauth",
        "/dags/./x",
        "/dags?limit=1",
        "/dags#x",
        "/dags\\..\\x",
        "/dags/%5c..",
        "/dags/a b",
        "/dags/a\r\nHost: x",
        "/" + "x" * 2048,
    ],
)
def test_a_path_that_is_none_of_the_api_is_refused(mwaa: Any, path: str) -> None:
    mwaa.make()
    code, _ = mwaa.refusal("invoke_rest_api", Name="amp", Path=path, Method="GET")
    assert code == "ValidationException"
    assert mwaa.airflow.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/dags",
        "/dags/~/dagRuns/list",
        # As MwaaTaskSensor asks; AWS's reference says 64 characters.
        "/dags/lake_daily/dagRuns/manual__2026-11-26T02:00:00.000000+00:00/taskInstances/marts.retention",
    ],
)
def test_a_path_of_the_api_is_passed_on(mwaa: Any, path: str) -> None:
    mwaa.make()
    mwaa.client.invoke_rest_api(Name="amp", Path=path, Method="GET")
    assert [call.path for call in mwaa.airflow.calls] == [path]


@pytest.mark.parametrize("query", [["a"], "a=b", {"a": {"b": 1}}, {"a": None}, {"a": [["b"]]}])
def test_a_query_that_is_none_is_refused(mwaa: Any, query: Any) -> None:
    mwaa.make()
    code, message = mwaa.refusal("invoke_rest_api", Name="amp", Path="/dags", Method="GET", QueryParameters=query)
    assert (code, "QueryParameters" in message) == ("ValidationException", True)


def test_an_environment_that_is_being_updated_answers(mwaa: Any) -> None:
    mwaa.make()
    mwaa.client.update_environment(Name="amp", MaxWorkers=3)
    mwaa.client.invoke_rest_api(Name="amp", Path="/dags", Method="GET")


def test_one_that_is_being_deleted_does_not(mwaa: Any) -> None:
    mwaa.make()
    mwaa.client.delete_environment(Name="amp")
    code, message = mwaa.refusal("invoke_rest_api", Name="amp", Path="/dags", Method="GET")
    assert (code, message) == ("ValidationException", "Environment amp is DELETING, not AVAILABLE.")
