import json
from typing import Any

import pytest
from support.glue_fakes import ROLE

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

VALID: dict[str, Any] = {
    "Name": "raw",
    "Role": ROLE,
    "DatabaseName": "amp_raw",
    "Targets": {"S3Targets": [{"Path": "s3://lake/raw"}]},
}


def configuration(**options: Any) -> dict[str, str]:
    return {"Configuration": json.dumps({"Version": 1.0, **options})}


def test_a_crawler_is_shown_as_it_was_given(glue: Any) -> None:
    given = {
        "Targets": {"S3Targets": [{"Path": "s3://lake/raw", "Exclusions": ["tmp/**"], "SampleSize": 5}]},
        "Description": "all of raw",
        "TablePrefix": "raw_",
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "DELETE_FROM_DATABASE"},
        **configuration(Grouping={"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 2}),
    }
    name = glue.crawler(**given)
    shown = glue.client.get_crawler(Name=name)["Crawler"]
    assert shown.pop("CreationTime") == shown.pop("LastUpdated")
    assert shown == {
        "Name": name,
        "Role": ROLE,
        "DatabaseName": name,
        "State": "READY",
        "CrawlElapsedTime": 0,
        "Version": 1,
        "Classifiers": [],
        "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
        **given,
    }


def test_the_policies_have_awss_defaults(glue: Any) -> None:
    # https://docs.aws.amazon.com/glue/latest/webapi/API_SchemaChangePolicy.html
    shown = glue.client.get_crawler(Name=glue.crawler("raw"))["Crawler"]
    expected = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"}
    assert shown["SchemaChangePolicy"] == expected
    assert shown["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}


def test_a_crawler_exists_once(glue: Any) -> None:
    name = glue.crawler("raw")
    code, message = glue.refusal("create_crawler", **VALID | {"Name": name})
    assert (code, message) == ("AlreadyExistsException", f"Crawler {name} already exists.")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Targets": {}}, "S3Targets"),
        ({"Targets": {"S3Targets": [{"Path": "lake:raw"}]}}, "'lake:raw'"),
        ({"Targets": {"S3Targets": [{"Path": "s3://lake/raw", "SampleSize": 250}]}}, "SampleSize 250"),
        ({"DatabaseName": ""}, "DatabaseName"),
        ({"Role": "nobody"}, "nobody"),
        ({"Configuration": "{"}, "not JSON"),
        ({"Configuration": '{"Version": 2.0}'}, '"Version": 1.0'),
        (configuration(Grouping={"TableLevelConfiguration": 0}), "TableLevelConfiguration 0"),
        ({"Schedule": "rate(5 minutes)"}, "rate(5 minutes)"),
        ({"Schedule": "cron(0 0 * * * *)"}, "question mark"),
        ({"Schedule": "cron(0/2 * * * ? *)"}, "every five minutes"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}}, "only LOG"),
    ],
)
def test_what_is_not_valid_is_refused(glue: Any, change: dict[str, Any], named: str) -> None:
    code, message = glue.refusal("create_crawler", **VALID | change)
    assert (code, named in message) == ("InvalidInputException", True), message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Targets": {"JdbcTargets": [{"ConnectionName": "c"}]}}, "Targets.JdbcTargets"),
        ({"Targets": {"CatalogTargets": [{"DatabaseName": "d", "Tables": ["t"]}]}}, "Targets.CatalogTargets"),
        ({"Targets": {"S3Targets": [{"Path": "s3://lake", "EventQueueArn": "arn"}]}}, "S3Targets.EventQueueArn"),
        ({"Targets": {"S3Targets": [{"Path": "s3://lake", "ConnectionName": "c"}]}}, "S3Targets.ConnectionName"),
        ({"Classifiers": ["mine"]}, "Classifiers"),
        ({"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}, "CRAWL_EVENT_MODE"),
        ({"LineageConfiguration": {"CrawlerLineageSettings": "ENABLE"}}, "CrawlerLineageSettings ENABLE"),
        ({"LakeFormationConfiguration": {"UseLakeFormationCredentials": True}}, "UseLakeFormationCredentials"),
        ({"CrawlerSecurityConfiguration": "s"}, "CrawlerSecurityConfiguration"),
        (configuration(CreatePartitionIndex=False), "Configuration.CreatePartitionIndex false"),
        (
            configuration(CrawlerOutput={"Tables": {"TableThreshold": 5}}),
            "Configuration.CrawlerOutput.Tables.TableThreshold 5",
        ),
        (configuration(Grouping={"TableGroupingPolicy": "Other"}), 'TableGroupingPolicy "Other"'),
        (configuration(Grouping={"TableLevelConfiguration": "2"}), 'TableLevelConfiguration "2"'),
        (configuration(Grouping=[]), "Configuration.Grouping []"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(glue: Any, change: dict[str, Any], named: str) -> None:
    code, message = glue.refusal("create_crawler", **VALID | change)
    assert (code, named in message) == ("NotImplemented", True), message


@pytest.mark.parametrize(
    "operation", ["get_crawler", "delete_crawler", "update_crawler", "start_crawler", "stop_crawler"]
)
def test_a_crawler_that_is_not_there_is_not_found(glue: Any, operation: str) -> None:
    expected = ("EntityNotFoundException", "Crawler none not found.")
    assert glue.refusal(operation, Name="none") == expected


def test_an_update_changes_what_is_given(glue: Any) -> None:
    name = glue.crawler("raw", Description="old", TablePrefix="a_")
    glue.client.update_crawler(Name=name, Description="new", Schedule="cron(15 12 * * ? *)")
    shown = glue.client.get_crawler(Name=name)["Crawler"]
    assert (shown["Description"], shown["TablePrefix"], shown["Version"]) == ("new", "a_", 2)
    assert shown["Schedule"] == {"ScheduleExpression": "cron(15 12 * * ? *)", "State": "SCHEDULED"}
    code, _ = glue.refusal("update_crawler", Name=name, Targets={"S3Targets": []})
    assert code == "InvalidInputException"
    glue.client.update_crawler(Name=name, Schedule="")
    assert "Schedule" not in glue.client.get_crawler(Name=name)["Crawler"]


def test_a_crawler_that_runs_is_neither_changed_nor_removed(glue: Any) -> None:
    name = glue.crawler("raw")
    glue.client.start_crawler(Name=name)
    for operation in ("update_crawler", "delete_crawler", "start_crawler"):
        code, message = glue.refusal(operation, Name=name)
        assert (code, name in message) == ("CrawlerRunningException", True)
    glue.engine.tick()
    glue.client.delete_crawler(Name=name)
    assert glue.refusal("get_crawler", Name=name)[0] == "EntityNotFoundException"


def test_crawlers_are_listed_in_pages_and_by_tags(glue: Any) -> None:
    names = sorted(glue.crawler("raw", Tags={"team": "lake", "n": str(n)}) for n in range(3))
    glue.crawler("raw", Tags={"team": "other"})
    first = glue.client.list_crawlers(Tags={"team": "lake"}, MaxResults=2)
    rest = glue.client.list_crawlers(Tags={"team": "lake"}, NextToken=first["NextToken"])
    assert first["CrawlerNames"] + rest["CrawlerNames"] == names
    shown = glue.client.get_paginator("get_crawlers").paginate(PaginationConfig={"PageSize": 2})
    assert set(names) <= {crawler["Name"] for page in shown for crawler in page["Crawlers"]}
    assert len(glue.client.get_crawlers(MaxResults=2)["Crawlers"]) == 2


def test_batch_get_says_which_are_not_there(glue: Any) -> None:
    name = glue.crawler("raw")
    answer = glue.client.batch_get_crawlers(CrawlerNames=[name, "none"])
    assert [crawler["Name"] for crawler in answer["Crawlers"]] == [name]
    assert answer["CrawlersNotFound"] == ["none"]


def test_a_crawler_has_tags(glue: Any) -> None:
    name = glue.crawler("raw", Tags={"team": "lake"})
    of = {"ResourceArn": f"arn:aws:glue:us-east-1:000000000000:crawler/{name}"}
    glue.client.tag_resource(**of, TagsToAdd={"stage": "local"})
    glue.client.untag_resource(**of, TagsToRemove=["team"])
    assert glue.client.get_tags(**of)["Tags"] == {"stage": "local"}
    glue.client.delete_crawler(Name=name)
    assert glue.refusal("get_tags", **of) == ("EntityNotFoundException", f"Crawler {name} not found.")
