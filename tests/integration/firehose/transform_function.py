"""A transform that does with each batch what its first record asks for: the `how` of the JSON object that it is.

It is deployed as it is, as a function of its own.
"""

import json
import time
from base64 import b64decode, b64encode
from typing import Any


def lambda_handler(event: dict[str, Any], _context: object) -> Any:
    """Transform a batch of Firehose records, or fail to."""
    records = event["records"]
    how = json.loads(b64decode(records[0]["data"])).get("how")
    match how:
        case "raise":
            raise ValueError("on purpose")
        case "hang":
            time.sleep(60)
        case "die":
            raise SystemExit(3)
        case "not an object":
            return "no records here"
        case "not JSON":
            return {"records": {1, 2}}
        case "too large":
            return {"records": [answer(one) | {"data": "A" * 7_000_000} for one in records]}
    answers = [answer(one) for one in records]
    match how:
        case "forget the second":
            del answers[1]
        case "repeat the second":
            answers.append(answers[1])
        case "make one up":
            answers.append(answers[0] | {"recordId": "4711"})
    return {"records": answers}


def answer(record: dict[str, Any]) -> dict[str, Any]:
    """The answer for one record: its own `result`, Ok by default, with the data in capitals, and its `keys`."""
    data = json.loads(b64decode(record["data"]))
    told = b64encode(json.dumps(data).upper().encode()).decode() if data.get("data", True) else "no base64!"
    answer = {"recordId": record["recordId"], "result": data.get("result", "Ok"), "data": told}
    if "keys" in data:
        answer["metadata"] = {"partitionKeys": data["keys"]}
    return answer
