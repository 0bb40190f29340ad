"""CloudFormation: the Data Catalog, crawlers, virtual clusters, Airflow, schedules and notifications of a template."""

import json

import pytest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}


@pytest.fixture
def name(unique):
    """A name as Glue takes it."""
    return unique.replace("-", "_")


def database(name, **settings):
    return {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": name, **settings}},
    }


def test_a_database_and_its_table_follow_the_template(bare, deploy, name):
    glue = bare("glue")

    def table(*columns, **settings):
        storage = {"Columns": [{"Name": column, "Type": "string"} for column in columns], "Compressed": "false"}
        return {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {"Name": "t", "StorageDescriptor": storage, "Retention": "7", **settings},
            },
        }

    assert deploy(Database=database(name, Description="old"), Table=table("a"))[:2] == ("CREATE_COMPLETE", "")
    assert glue.get_database(Name=name)["Database"]["Description"] == "old"
    assert glue.get_table(DatabaseName=name, Name="t")["Table"]["Retention"] == 7
    status, reason, changes = deploy(Database=database(name, Description="new"), Table=table("a", "b"))
    assert (status, reason, changes) == ("UPDATE_COMPLETE", "", {"Database", "Table"})
    assert glue.get_database(Name=name)["Database"]["Description"] == "new"
    columns = glue.get_table(DatabaseName=name, Name="t")["Table"]["StorageDescriptor"]["Columns"]
    assert [column["Name"] for column in columns] == ["a", "b"]
    status, reason, _ = deploy(Database=database(name, Description="new"), Table=table("a", Colour="red"))
    assert (status, "TableInput.Colour is not supported" in reason) == ("UPDATE_ROLLBACK_COMPLETE", True), reason
    assert deploy(Database=database(name, Description="new"))[0] == "UPDATE_COMPLETE"
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_table(DatabaseName=name, Name="t")


def test_a_database_that_exists_is_not_taken_over(bare, deploy, name):
    bare("glue").create_database(DatabaseInput={"Name": name})
    status, reason, _ = deploy(Database=database(name))
    assert status == "ROLLBACK_COMPLETE"
    assert "AlreadyExistsException" in reason
    assert bare("glue").get_database(Name=name)
    bare("glue").delete_database(Name=name)


def test_a_crawler_follows_the_template(bare, deploy, unique, name):
    glue = bare("glue")

    def crawler(**settings):
        targets = {"S3Targets": [{"Path": f"s3://{unique}/a/", "Exclusions": ["_**"]}]}
        return {
            "Type": "AWS::Glue::Crawler",
            "Properties": {
                "Name": unique,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "DatabaseName": {"Ref": "Database"},
                "Targets": targets,
                **settings,
            },
        }

    def found():
        return glue.get_crawler(Name=unique)["Crawler"]

    rest = {"Role": ROLE, "Database": database(name)}
    schedule = {"ScheduleExpression": "cron(15 12 * * ? *)"}
    policy = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    made = crawler(TablePrefix="p_", Schedule=schedule, SchemaChangePolicy=policy, Tags={"team": "data"})
    assert deploy(Crawler=made, **rest)[:2] == ("CREATE_COMPLETE", "")
    assert found()["Targets"]["S3Targets"] == [{"Path": f"s3://{unique}/a/", "Exclusions": ["_**"]}]
    assert (found()["TablePrefix"], found()["SchemaChangePolicy"]) == ("p_", policy)
    assert found()["Schedule"]["ScheduleExpression"] == "cron(15 12 * * ? *)"
    arn = f"arn:aws:glue:us-east-1:000000000000:crawler/{unique}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "data"}

    assert deploy(Crawler=crawler(Description="new", Tags={"a": "1"}), **rest)[:2] == ("UPDATE_COMPLETE", "")
    assert (found().get("Description"), found().get("TablePrefix", "")) == ("new", "")
    assert "Schedule" not in found() or not found()["Schedule"].get("ScheduleExpression")
    assert found()["SchemaChangePolicy"] == {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    }
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"a": "1"}

    status, reason, _ = deploy(Crawler=crawler(Colour="red"), **rest)
    assert (status, "Colour not supported here" in reason) == ("UPDATE_ROLLBACK_COMPLETE", True), reason
    assert deploy(**rest)[0] == "UPDATE_COMPLETE"
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_crawler(Name=unique)


def test_a_virtual_cluster_follows_the_template(bare, deploy, unique):
    emr = bare("emr-containers")

    def cluster(namespace, **settings):
        provider = {"Type": "EKS", "Id": "sandbox", "Info": {"EksInfo": {"Namespace": namespace}}}
        properties = {"Name": unique, "ContainerProvider": provider, **settings}
        return {"Type": "AWS::EMRContainers::VirtualCluster", "Properties": properties}

    def running():
        clusters = emr.list_virtual_clusters(states=["RUNNING"])["virtualClusters"]
        return [one for one in clusters if one["name"] == unique]

    tags = [{"Key": "team", "Value": "data"}]
    assert deploy(Cluster=cluster("one", Tags=tags))[:2] == ("CREATE_COMPLETE", "")
    [made] = running()
    assert (made["tags"], made["containerProvider"]["info"]) == ({"team": "data"}, {"eksInfo": {"namespace": "one"}})
    assert deploy(Cluster=cluster("one"))[:2] == ("UPDATE_COMPLETE", "")
    assert [(one["id"], one.get("tags", {})) for one in running()] == [(made["id"], {})]
    assert deploy(Cluster=cluster("two"))[:2] == ("UPDATE_COMPLETE", "")
    [other] = running()
    assert other["containerProvider"]["info"] == {"eksInfo": {"namespace": "two"}}
    assert emr.describe_virtual_cluster(id=made["id"])["virtualCluster"]["state"] == "TERMINATED"


def test_an_airflow_environment_follows_the_template(bare, deploy, unique):
    mwaa, s3 = bare("mwaa"), bare("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="requirements.txt", Body=b"apache-airflow==3.2.1")

    def environment(subnets=("subnet-a", "subnet-b"), **settings):
        properties = {
            "Name": unique,
            "SourceBucketArn": f"arn:aws:s3:::{unique}",
            "DagS3Path": "dags",
            "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "NetworkConfiguration": {"SubnetIds": list(subnets), "SecurityGroupIds": ["sg-a"]},
            **settings,
        }
        return {"Type": "AWS::MWAA::Environment", "Properties": properties}

    def found():
        return mwaa.get_environment(Name=unique)["Environment"]

    made = environment(
        AirflowConfigurationOptions={"amp.retry_seconds": "2"},
        RequirementsS3Path="requirements.txt",
        MaxWorkers="4",
        Tags={"team": "data"},
    )
    assert deploy(Airflow=made, Role=ROLE)[:2] == ("CREATE_COMPLETE", "")
    assert (found()["Status"], found()["MaxWorkers"], found()["Tags"]) == ("AVAILABLE", 4, {"team": "data"})
    assert found()["AirflowConfigurationOptions"] == {"amp.retry_seconds": "2"}

    changed = environment(AirflowConfigurationOptions={"amp.retry_seconds": "3"}, MaxWorkers="5", Tags={"a": "1"})
    assert deploy(Airflow=changed, Role=ROLE)[:2] == ("UPDATE_COMPLETE", "")
    assert (found()["Status"], found()["MaxWorkers"], found()["Tags"]) == ("AVAILABLE", 5, {"a": "1"})
    assert found()["AirflowConfigurationOptions"] == {"amp.retry_seconds": "3"}
    assert "RequirementsS3Path" not in found()

    for other, said in (
        (environment(Colour="red"), "Colour is not supported"),
        (environment(subnets=("subnet-c", "subnet-d")), "SubnetIds cannot be changed here"),
        (environment(AirflowVersion="2.10.3"), "AirflowVersion 2.10.3 is not what this machine has"),
        (environment(AirflowConfigurationOptions={"core.executor": "X"}), "core.executor"),
    ):
        status, reason, _ = deploy(Airflow=other, Role=ROLE)
        assert (status, said in reason) == ("UPDATE_ROLLBACK_COMPLETE", True), reason
        assert found()["AirflowConfigurationOptions"] == {"amp.retry_seconds": "3"}
    assert deploy(Role=ROLE)[0] == "UPDATE_COMPLETE"
    assert mwaa.list_environments()["Environments"] == []
    s3.delete_object(Bucket=unique, Key="requirements.txt")
    s3.delete_bucket(Bucket=unique)


def test_a_schedule_follows_the_template(bare, deploy, unique):
    events = bare("events")

    def rule(schedule, *targets, **settings):
        targets = [{"Id": one, "Arn": f"arn:aws:sqs:us-east-1:000000000000:{unique}-{one}"} for one in targets]
        properties = {"Name": unique, "ScheduleExpression": schedule, "Targets": targets, **settings}
        return {"Type": "AWS::Events::Rule", "Properties": properties}

    def found():
        return (
            events.describe_rule(Name=unique)["ScheduleExpression"],
            sorted(target["Id"] for target in events.list_targets_by_rule(Rule=unique)["Targets"]),
        )

    other = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{unique}-other"}}
    assert deploy(Rule=rule("cron(15 0 * * ? *)", "a", "b"), Other=other)[:2] == ("CREATE_COMPLETE", "")
    assert found() == ("cron(15 0 * * ? *)", ["a", "b"])
    assert deploy(Rule=rule("rate(1 day)", "b"), Other=other)[:2] == ("UPDATE_COMPLETE", "")
    assert found() == ("rate(1 day)", ["b"])
    status, reason, _ = deploy(Rule=rule("rate(1 day)", "b", RoleArn="arn:aws:iam::000000000000:role/r"), Other=other)
    assert (status, "RoleArn not supported here" in reason) == ("UPDATE_ROLLBACK_COMPLETE", True), reason
    assert deploy(Other=other)[0] == "UPDATE_COMPLETE"
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name=unique)


def test_a_role_takes_a_trust_policy_that_is_text(bare, deploy, unique):
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": unique, "AssumeRolePolicyDocument": json.dumps(TRUST)}}
    assert deploy(Role=role)[:2] == ("CREATE_COMPLETE", "")
    assert bare("iam").get_role(RoleName=unique)["Role"]["AssumeRolePolicyDocument"] == TRUST


def test_a_bucket_notifies_the_queue_of_the_prefixes_in_the_template(bare, deploy, unique):
    s3, sqs = bare("s3"), bare("sqs")

    def bucket(*prefixes):
        arn = {"Fn::GetAtt": ["Queue", "Arn"]}
        configurations = [
            {
                "Event": "s3:ObjectCreated:*",
                "Queue": arn,
                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": prefix}]}},
            }
            for prefix in prefixes
        ]
        notifications = {"NotificationConfiguration": {"QueueConfigurations": configurations}}
        return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": unique, **notifications}}

    def told(*keys):
        """The keys that the queue is told of, once it was told of the last, which it must be."""
        url = sqs.get_queue_url(QueueName=unique)["QueueUrl"]
        for key in keys:
            s3.put_object(Bucket=unique, Key=key, Body=b"x")
        seen = []
        while keys[-1] not in seen:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
            assert answer.get("Messages"), f"told of {seen} only"
            for message in answer["Messages"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                seen += [r["s3"]["object"]["key"] for r in json.loads(message["Body"]).get("Records", [])]
        return seen

    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": unique}}
    deploy(Queue=queue, Bucket=bucket("a/", "b/"))
    assert sorted(told("a/1", "errors/a/1", "b/1")) == ["a/1", "b/1"]
    assert deploy(Queue=queue, Bucket=bucket("b/"))[:2] == ("UPDATE_COMPLETE", "")
    assert told("a/2", "b/2") == ["b/2"]
    for entry in s3.list_objects_v2(Bucket=unique)["Contents"]:
        s3.delete_object(Bucket=unique, Key=entry["Key"])


def test_a_bucket_notifies_a_topic_and_its_queues_get_what_s3_has_written(bare, deploy, unique):
    s3, sqs = bare("s3"), bare("sqs")

    def policy(kind, names, resource, service):
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sns:Publish" if kind == "SNS::Topic" else "sqs:SendMessage",
            "Resource": resource,
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {"Type": f"AWS::{kind}Policy", "Properties": {**names, "PolicyDocument": document}}

    def subscription(queue):
        properties = {
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "sqs",
            "Endpoint": {"Fn::GetAtt": [queue, "Arn"]},
            "RawMessageDelivery": True,
        }
        return {"Type": "AWS::SNS::Subscription", "Properties": properties}

    configuration = {
        "Event": "s3:ObjectCreated:*",
        "Topic": {"Ref": "Topic"},
        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "a/"}]}},
    }
    bucket = {"BucketName": unique, "NotificationConfiguration": {"TopicConfigurations": [configuration]}}
    status, reason, _ = deploy(
        Topic={"Type": "AWS::SNS::Topic", "Properties": {"TopicName": unique}},
        TopicPolicy=policy("SNS::Topic", {"Topics": [{"Ref": "Topic"}]}, {"Ref": "Topic"}, "s3.amazonaws.com"),
        One={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{unique}-1"}},
        Two={"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{unique}-2"}},
        ToOne=subscription("One"),
        ToTwo=subscription("Two"),
        Bucket={"Type": "AWS::S3::Bucket", "DependsOn": ["TopicPolicy", "ToOne", "ToTwo"], "Properties": bucket},
    )
    assert (status, reason) == ("CREATE_COMPLETE", "")
    for key in ("errors/1", "a/1"):
        s3.put_object(Bucket=unique, Key=key, Body=b"x")
    for queue in (f"{unique}-1", f"{unique}-2"):
        seen = []
        while not seen:
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            [message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            # The first is S3's test of the topic, when the bucket was told to notify it.
            seen = [record["s3"]["object"]["key"] for record in body.get("Records", [])]
        assert seen == ["a/1"]
    for key in ("errors/1", "a/1"):
        s3.delete_object(Bucket=unique, Key=key)
