"""A Lambda function on the platform's stream of app events: adds up the likes of each show in a DynamoDB table.

An event may be delivered more than once, as Kinesis and Lambda promise no less; it counts once. The table's key is
`id`, which is a show's id or an event's. Records that cannot be counted yet are reported, and come again; those that
never can be are left to the platform, whose own function rejects them with the reason.
"""

import base64
import json
import logging
import os
from typing import Any

import boto3

log = logging.getLogger(__name__)

table = os.environ["LIKES_TABLE"]
dynamodb = boto3.client("dynamodb")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, list[dict[str, str]]]:
    """Count a batch of records; answers the first that failed, from which Lambda then goes on.

    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    """
    for record in event["Records"]:
        try:
            process_record(base64.b64decode(record["kinesis"]["data"]))
        except Exception:
            log.exception("a record could not be counted")
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
    return {"batchItemFailures": []}


def process_record(data: bytes) -> None:
    """Count one event, if it is of likes and was not counted before."""
    try:
        event = json.loads(data)
        event_id, show_id, likes = event["event_id"], event["properties"]["show_id"], event["properties"]["likes"]
    except (ValueError, TypeError, KeyError):
        return
    if event.get("event_type") != "like_sent" or type(likes) is not int or likes < 1:
        return
    first = {"TableName": table, "Item": {"id": {"S": event_id}}, "ConditionExpression": "attribute_not_exists(id)"}
    add = {
        "TableName": table,
        "Key": {"id": {"S": show_id}},
        "UpdateExpression": "ADD likes :likes",
        "ExpressionAttributeValues": {":likes": {"N": str(likes)}},
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": first}, {"Update": add}])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
