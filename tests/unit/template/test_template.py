"""The template as it ships: accepted by AWS's own checkers, and safe by the rules we hold it to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from amp_sandbox import paths
from amp_sandbox.mwaa.requirements import airflow_version, installed, problems
from amp_sandbox.settings import Settings
from amp_sandbox.stack import airflow_code
from amp_sandbox.stack.template import code_resources, read_parameters, read_template, with_code

TEMPLATE = read_template(paths.TEMPLATE)
# Actions that concern no resource, so that "*" is all that can be said.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
# https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
WITHOUT_RESOURCE = {
    "cloudwatch:PutMetricData",
    "glue:GetCrawlerMetrics",
    "logs:DescribeLogGroups",
    "s3:GetAccountPublicAccessBlock",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:ListSecrets",
}
# Those whose resource has no name before there is one; a condition says whose it must be.
# https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-iam.html
OWN_STATEMENTS = {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}


@pytest.fixture(scope="module")
def translated() -> dict[str, Any]:
    codes = code_resources(TEMPLATE, paths.TEMPLATE.parent)
    template = with_code(TEMPLATE, {code.logical_id: "s3://bucket/key.zip" for code in codes})
    template = json.loads(json.dumps(template))
    # The plug-ins of the translator ask a session for its region and nothing else.
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
    translator = Translator({}, Parser(), boto_session=session)
    values = {"Stage": "prod", "CatalogApiUrl": "https://catalog.example"}
    result: dict[str, Any] = translator.translate(template, values)
    return result


def resources(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def test_cfn_lint_finds_nothing() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), paths.TEMPLATE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_the_sam_translator_accepts_it(translated: dict[str, Any]) -> None:
    functions = resources(translated, "AWS::Lambda::Function")
    assert functions.keys() == {
        "CatalogExportFunction",
        "CatalogIngestFunction",
        "CrawlerTriggerFunction",
        "EventTransformFunction",
        "PasswordRotationFunction",
        "ShowFlattenerFunction",
        "WarehouseConfigFunction",
    }
    assert not any(resource["Type"].startswith("AWS::Serverless") for resource in translated["Resources"].values())


def test_it_uses_no_yaml_aliases() -> None:
    """CloudFormation does not support them.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
    """
    import yaml

    tokens = yaml.scan(paths.TEMPLATE.read_text())
    assert not [token for token in tokens if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]


def test_policies_name_their_actions_and_resources(translated: dict[str, Any]) -> None:
    roles = resources(translated, "AWS::IAM::Role")
    assert roles
    for name, role in roles.items():
        assert not role.get("ManagedPolicyArns"), name
        for statement in statements(role):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert not [action for action in actions if "*" in action], name
            if statement.get("Condition") == OWN_STATEMENTS:
                continue
            assert statement.get("Resource") != "*" or set(actions) <= WITHOUT_RESOURCE, name


def test_airflows_role_reaches_beyond_the_account_for_mwaas_own_queue_and_its_key_alone(
    translated: dict[str, Any],
) -> None:
    """Both are AWS's. https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html"""
    roles = resources(translated, "AWS::IAM::Role")
    foreign = [s for role in roles.values() for s in statements(role) if "NotResource" in s or ":*:" in json.dumps(s)]
    assert foreign == [
        s for s in statements(roles["AirflowRole"]) if "airflow-celery-*" in json.dumps(s) or "NotResource" in s
    ]
    [queue, key] = foreign
    assert {action.split(":")[0] for action in queue["Action"]} == {"sqs"}
    assert key["Condition"] == {"StringLike": {"kms:ViaService": {"Fn::Sub": "sqs.${AWS::Region}.amazonaws.com"}}}


def test_every_function_has_its_own_role(translated: dict[str, Any]) -> None:
    roles = [json.dumps(function["Role"]) for function in resources(translated, "AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles))


@pytest.mark.parametrize(
    ("function", "mapping", "longest_window"),
    [("CatalogIngestFunction", "CatalogIngest", 0), ("CrawlerTriggerFunction", "CrawlerTrigger", 60)],
)
def test_a_queue_that_feeds_a_function_waits_six_times_its_timeout_and_the_batching_window(
    function: str, mapping: str, longest_window: int
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    timeout = TEMPLATE["Resources"][function]["Properties"]["Timeout"]
    assert TEMPLATE["Mappings"][mapping]["Redelivery"]["VisibilityTimeout"] >= 6 * timeout + longest_window


def test_the_longest_batching_window_is_what_the_visibility_timeout_allows_for() -> None:
    assert TEMPLATE["Parameters"]["CrawlBatchingSeconds"]["MaxValue"] == 60


def test_every_queue_that_feeds_a_function_has_a_dead_letter_queue_that_keeps_longer() -> None:
    queues = resources(TEMPLATE, "AWS::SQS::Queue")
    fed = {
        event["Properties"]["Queue"]["Fn::GetAtt"][0]
        for function in resources(TEMPLATE, "AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert fed
    for name in fed:
        dead_letters = queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert queues[dead_letters]["MessageRetentionPeriod"] > queues[name]["MessageRetentionPeriod"]


def test_batches_report_their_failed_items() -> None:
    for function in resources(TEMPLATE, "AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            if event["Type"] == "SQS":
                assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_buckets_are_private_encrypted_and_outlive_the_stack() -> None:
    for name, properties in resources(TEMPLATE, "AWS::S3::Bucket").items():
        assert all(properties["PublicAccessBlockConfiguration"].values()), name
        assert properties["BucketEncryption"], name
        assert TEMPLATE["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert TEMPLATE["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_delivery_streams_keep_what_their_transform_refuses() -> None:
    for name, properties in resources(TEMPLATE, "AWS::KinesisFirehose::DeliveryStream").items():
        destination = properties["ExtendedS3DestinationConfiguration"]
        assert destination["ErrorOutputPrefix"].startswith("errors/"), name
        assert "!{firehose:error-output-type}" in destination["ErrorOutputPrefix"], name


def test_the_settings_name_what_the_template_names() -> None:
    settings = Settings(stage="local")

    def named(kind: str, key: str) -> set[str]:
        names = (properties[key] for properties in resources(TEMPLATE, kind).values())
        return {
            name["Fn::Sub"].replace("${Stage}", "local").replace("${AWS::AccountId}", settings.account_id)
            if isinstance(name, dict)
            else name
            for name in names
        }

    assert named("AWS::S3::Bucket", "BucketName") == {
        settings.raw_bucket,
        settings.transformed_bucket,
        "amp-local-000000000000-logs",
    }
    assert named("AWS::SNS::Topic", "TopicName") == {
        settings.topic_name,
        "amp-raw-objects-local",
        "amp-alerts-local",
    }
    assert named("AWS::MWAA::Environment", "Name") == {settings.airflow_environment}
    assert named("AWS::SQS::Queue", "QueueName") == {
        settings.queue_name,
        settings.dead_letter_queue_name,
        "amp-arrivals-local",
        "amp-arrivals-local-dlq",
        "amp-crawl-local",
        "amp-crawl-local-dlq",
    }
    assert named("AWS::Kinesis::Stream", "Name") == {settings.catalog_stream, settings.events_stream}
    assert named("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName") == {
        settings.catalog_delivery_stream,
        settings.events_delivery_stream,
    }
    assert settings.function_name("catalog-ingest") in named("AWS::Serverless::Function", "FunctionName")


def test_every_dead_letter_queue_has_an_alarm() -> None:
    dead_letters = {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in resources(TEMPLATE, "AWS::SQS::Queue").values()
        if "RedrivePolicy" in queue
    }
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }
    assert watched == dead_letters


def test_every_alarm_tells_the_topic_of_alerts() -> None:
    for name, alarm in resources(TEMPLATE, "AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmActions"] == [{"Ref": "AlertsTopic"}], name


def test_s3_may_publish_to_the_topic_that_the_raw_bucket_notifies() -> None:
    """The policy names the bucket, as a reference would be circular."""
    bucket = resources(TEMPLATE, "AWS::S3::Bucket")["RawBucket"]
    policy = resources(TEMPLATE, "AWS::SNS::TopicPolicy")["RawObjectsTopicPolicy"]
    [statement] = policy["PolicyDocument"]["Statement"]
    told = statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert told == "arn:${AWS::Partition}:s3:::" + bucket["BucketName"]["Fn::Sub"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    configurations = bucket["NotificationConfiguration"]["TopicConfigurations"]
    assert {one["Topic"]["Ref"] for one in configurations} == {"RawObjectsTopic"} == {statement["Resource"]["Ref"]}
    assert TEMPLATE["Resources"]["RawBucket"]["DependsOn"] == "RawObjectsTopicPolicy"


def test_each_topic_may_send_to_the_queues_that_subscribe_to_it_and_messages_are_as_they_were_published() -> None:
    subscribed = {
        (one["Endpoint"]["Fn::GetAtt"][0], one["TopicArn"]["Ref"])
        for one in resources(TEMPLATE, "AWS::SNS::Subscription").values()
        if one["RawMessageDelivery"]
    }
    allowed = {
        (statement["Resource"]["Fn::GetAtt"][0], statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Ref"])
        for policy in resources(TEMPLATE, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    }
    assert (
        subscribed
        == allowed
        == {
            ("CatalogChangesQueue", "CatalogChangesTopic"),
            ("CrawlQueue", "RawObjectsTopic"),
            ("ArrivalQueue", "RawObjectsTopic"),
        }
    )


def test_what_is_crawled_is_what_notifies_and_never_errors() -> None:
    bucket = resources(TEMPLATE, "AWS::S3::Bucket")["RawBucket"]
    prefixes = {
        rule["Value"]
        for one in bucket["NotificationConfiguration"]["TopicConfigurations"]
        for rule in one["Filter"]["S3Key"]["Rules"]
    }
    targets = resources(TEMPLATE, "AWS::Glue::Crawler")["RawCrawler"]["Targets"]["S3Targets"]
    crawled = {target["Path"]["Fn::Sub"].removeprefix("s3://${RawBucket}/") for target in targets}
    assert {path.split("/")[0] + "/" for path in crawled} == prefixes == {"app_events/", "show_catalog/", "snapshots/"}


def test_airflow_is_the_version_that_runs_here_and_reads_what_is_deployed() -> None:
    environment = resources(TEMPLATE, "AWS::MWAA::Environment")["AirflowEnvironment"]
    assert environment["AirflowVersion"] == airflow_version()
    assert environment["DagS3Path"] + "/" == airflow_code.PREFIX + "dags/"
    assert environment["RequirementsS3Path"] == airflow_code.PREFIX + airflow_code.REQUIREMENTS


def test_what_airflow_is_to_install_is_what_is_installed_here() -> None:
    assert problems((paths.AIRFLOW / airflow_code.REQUIREMENTS).read_text(), installed()) == []


def test_the_options_of_the_dags_are_there() -> None:
    environment = resources(TEMPLATE, "AWS::MWAA::Environment")["AirflowEnvironment"]
    options = environment["AirflowConfigurationOptions"]
    assert {name.removeprefix("amp.") for name in options if name.startswith("amp.")} == {
        "raw_bucket",
        "transformed_bucket",
        "artifacts_bucket",
        "catalog_export_function",
        "raw_crawler",
        "transformed_crawler",
        "virtual_cluster_id",
        "spark_job_role_arn",
        "spark_log_uri",
        "warehouse_cluster",
        "warehouse_database",
        "warehouse_user",
        "arrival_queue_url",
        "alerts_topic_arn",
        "secret_prefix",
        "retry_seconds",
        "poll_seconds",
    }
    assert all(isinstance(value, str | dict) for value in options.values()), "MWAA's options are text"


@pytest.mark.parametrize("name", ["RawCrawler", "TransformedCrawler"])
def test_the_configuration_of_a_crawler_is_json(name: str) -> None:
    assert json.loads(TEMPLATE["Resources"][name]["Properties"]["Configuration"])["Version"] == 1.0


def test_only_the_clusters_own_service_accounts_may_take_the_role_of_spark_jobs() -> None:
    """https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-trust-policy.html"""
    text = TEMPLATE["Resources"]["SparkJobRole"]["Properties"]["AssumeRolePolicyDocument"]["Fn::Sub"]
    values = {"SparkOidcProvider": "oidc.example/id/X", "SparkNamespace": "spark"}
    values |= {"AWS::Partition": "aws", "AWS::AccountId": "000000000000"}
    for key, value in values.items():
        text = text.replace("${" + key + "}", value)
    [statement] = json.loads(text)["Statement"]
    assert statement["Principal"] == {"Federated": "arn:aws:iam::000000000000:oidc-provider/oidc.example/id/X"}
    assert statement["Condition"] == {
        "StringEquals": {"oidc.example/id/X:aud": "sts.amazonaws.com"},
        "StringLike": {"oidc.example/id/X:sub": "system:serviceaccount:spark:emr-containers-sa-*-*-000000000000-*"},
    }


def test_the_outputs_are_those_that_the_batch_path_asks_for() -> None:
    needed = {"VirtualClusterId", "SparkJobRoleArn", "SparkLogUri", "RawCrawler", "TransformedCrawler"}
    assert TEMPLATE["Outputs"].keys() >= needed | {"CatalogExportFunction"}


@pytest.mark.parametrize("file", ["local.toml", "aws.toml"])
def test_the_parameter_files_give_what_has_no_default_and_nothing_unknown(file: str) -> None:
    values = read_parameters(paths.PARAMETERS / file)
    declared = TEMPLATE["Parameters"]
    required = {name for name, parameter in declared.items() if "Default" not in parameter}
    from_settings = {"Stage", "CatalogApiUrl"} if file == "local.toml" else set()
    assert values.keys() <= declared.keys()
    assert required <= values.keys() | from_settings
