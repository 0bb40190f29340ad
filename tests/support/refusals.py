"""What a service says when it refuses a request."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(client: Any, operation: str, **request: Any) -> tuple[str, str]:
    """The error code and message that a request is answered with."""
    with pytest.raises(ClientError) as raised:
        getattr(client, operation)(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]
