"""Snapshots of the catalogue in the raw bucket, and in the Data Catalog."""

import gzip
import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from support.waiting import eventually

CRAWLED_SECONDS = 60.0


@pytest.fixture
def export(client, outputs):
    """Invoke the function for a date; answers what it answers, and whether it failed."""

    def invoke(day):
        payload = json.dumps({"date": day}).encode()
        answer = client("lambda").invoke(FunctionName=outputs["CatalogExportFunction"], Payload=payload)
        return json.loads(answer["Payload"].read()), "FunctionError" in answer

    return invoke


@pytest.fixture
def put_creator(sandbox):
    """Puts a creator that no other test has into the catalogue; answers its id."""

    def put():
        creator_id = f"creator_{uuid.uuid4().hex[:12]}"
        document = {
            "creator_id": creator_id,
            "display_name": "Nora Lind",
            "verified": True,
            "email": "nora@mail.example",
        }
        answer = urllib3.request("PUT", f"{sandbox.catalog_api_url}/v1/creators/{creator_id}", json=document)
        assert answer.status == 201, answer.data
        return creator_id

    return put


def test_todays_snapshot_holds_what_the_catalogue_has_and_no_address(sandbox, client, export, put_creator):
    today = datetime.now(UTC).date().isoformat()
    creator_id = put_creator()

    answer, failed = export(today)

    assert not failed, answer
    keys = {one["kind"]: one["key"] for one in answer["snapshots"]}
    assert keys["creators"] == f"snapshots/creators/dt={today}/creators.ndjson.gz"
    found = client("s3").get_object(Bucket=sandbox.raw_bucket, Key=keys["creators"])
    lines = [json.loads(line) for line in gzip.decompress(found["Body"].read()).splitlines()]
    [creator] = [line for line in lines if line["creator_id"] == creator_id]
    assert creator["display_name"] == "Nora Lind"
    assert "email" not in creator
    [told] = [one for one in answer["snapshots"] if one["kind"] == "creators"]
    assert told["documents"] == len(lines) == int(found["Metadata"]["documents"])


def test_a_snapshot_becomes_a_table_with_no_further_command(client, export, put_creator):
    put_creator()
    export(datetime.now(UTC).date().isoformat())
    glue = client("glue")

    def tables():
        return {table["Name"] for table in glue.get_tables(DatabaseName="amp_raw")["TableList"]}

    eventually(tables, lambda seen: "creators" in seen, timeout=CRAWLED_SECONDS, what="the table creators")


def test_a_day_to_come_is_refused_and_writes_nothing(sandbox, client, export):
    tomorrow = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
    answer, failed = export(tomorrow)
    assert failed
    assert "has not begun" in answer["errorMessage"]
    found = client("s3").list_objects_v2(Bucket=sandbox.raw_bucket, Prefix=f"snapshots/creators/dt={tomorrow}/")
    assert found["KeyCount"] == 0


def test_the_schedule_is_of_the_function(client, outputs):
    functions, events = client("lambda"), client("events")
    arn = functions.get_function(FunctionName=outputs["CatalogExportFunction"])["Configuration"]["FunctionArn"]
    [name] = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    rule = events.describe_rule(Name=name)
    assert (rule["ScheduleExpression"], rule["State"]) == ("cron(15 0 * * ? *)", "ENABLED")
