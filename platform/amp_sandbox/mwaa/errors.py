"""MWAA's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/mwaa/latest/API/CommonErrors.html
"""

from typing import Any

from amp_sandbox.protocol import AwsError


class RestApiError(AwsError):
    """What Airflow answered instead of what it was asked for; the members have AWS's names.

    https://docs.aws.amazon.com/mwaa/latest/API/API_InvokeRestApi.html#API_InvokeRestApi_Errors
    """

    def __init__(self, status: int, response: Any, message: str) -> None:
        code = "RestApiClientException" if status < 500 else "RestApiServerException"
        super().__init__(code, message)
        self.RestApiStatusCode = status
        self.RestApiResponse = response


def not_found(what: str) -> AwsError:
    """Nothing has this name or ARN; `what` is the kind and the name."""
    return AwsError("ResourceNotFoundException", f"{what} does not exist.", 404)


def invalid(message: str) -> AwsError:
    """A request that cannot be served; the message names the value and the rule."""
    return AwsError("ValidationException", message)


def one_environment(name: str) -> AwsError:
    """A second environment; `name` is the first one's."""
    return invalid(
        f"This machine runs one Airflow, and it is the environment {name}. AWS would make a second one; here, delete "
        "that one first."
    )
