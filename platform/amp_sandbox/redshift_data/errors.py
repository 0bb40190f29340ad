"""The Data API's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/redshift-data/latest/APIReference/CommonErrors.html
"""

from amp_sandbox.protocol import AwsError


def invalid(message: str) -> AwsError:
    """A request that cannot be; the message names the value and the rule."""
    return AwsError("ValidationException", message)


def not_found(what: str) -> AwsError:
    """There is no such statement, session, table or cluster."""
    return AwsError("ResourceNotFoundException", f"{what} does not exist.")


def no_result(what: str) -> AwsError:
    """The statement has no rows: not yet, or not at all."""
    message = f"Query does not have result. Please check query status with DescribeStatement. {what}."
    return AwsError("ResourceNotFoundException", message)


def active_statements_exceeded(most: int) -> AwsError:
    """Too many statements have not finished."""
    return AwsError("ActiveStatementsExceededException", f"Active statements exceeded the allowed quota ({most}).")


def active_sessions_exceeded(most: int) -> AwsError:
    """Too many sessions are kept."""
    return AwsError("ActiveSessionsExceededException", f"Active sessions exceeded the allowed quota ({most}).")


def database_connection(message: str) -> AwsError:
    """The session could not be opened."""
    return AwsError("DatabaseConnectionException", message, 500)


def query_timeout(seconds: int) -> AwsError:
    """A catalog's query took too long."""
    return AwsError("QueryTimeoutException", f"The Data API query timed out after {seconds} s.")
