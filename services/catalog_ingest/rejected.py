"""Why a message was not ingested."""

from typing import Literal

Reason = Literal[
    "not_json",  # the message is not JSON
    "bad_change",  # it is JSON, but not a catalogue change
    "unknown_show",  # the catalogue answers 404
    "api_refused",  # the catalogue answers with another error that asking again would not mend
    "api_unavailable",  # the catalogue answers too late, with 429 or 5xx, or not at all
    "bad_metadata",  # the catalogue's answer is not a show as agreed
    "record_too_large",  # the record is over the stream's limit
    "stream_refused",  # Kinesis refuses the request: no such stream, no permission
    "stream_unavailable",  # Kinesis throttles or fails, again and again
    "out_of_time",  # the function's time was up before it was the record's turn
    "internal_error",  # a fault of this function; its traceback is in the log
]


class Rejected(Exception):  # noqa: N818 - an outcome that is returned as often as raised
    """A message that could not be ingested: `reason` for dashboards, `detail` for people, neither with its content."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
