"""CloudFormation: what a template says is what there is, after creation and after updates."""

import json

import pytest

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "Policies": [],
    },
}


def policy(*actions):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def queue(name, **properties):
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name, **properties}}


def test_a_queues_attributes_follow_the_template(bare, deploy, unique):
    sqs = bare("sqs")

    def attribute():
        url = sqs.get_queue_url(QueueName=unique)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return attributes["VisibilityTimeout"], attributes["DelaySeconds"]

    assert deploy(Queue=queue(unique, VisibilityTimeout=120, DelaySeconds=5))[0] == "CREATE_COMPLETE"
    assert attribute() == ("120", "5")
    status, _, changes = deploy(Queue=queue(unique, VisibilityTimeout=60), Other=queue(f"{unique}-2"))
    assert (status, changes) == ("UPDATE_COMPLETE", {"Queue", "Other"})
    assert attribute() == ("60", "0")


def test_what_did_not_change_is_not_touched(deploy, unique):
    deploy(Queue=queue(unique, VisibilityTimeout=120))
    assert deploy(Queue=queue(unique, VisibilityTimeout=120))[0] == "UNCHANGED"


def test_a_parameter_that_is_a_list_changes_what_has_it_when_it_changes(bare, deploy, unique):
    alarm = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": unique,
            "AlarmActions": {"Ref": "Actions"},
            "Namespace": "AWS/SQS",
            "MetricName": "NumberOfMessagesSent",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
        },
    }
    arns = [f"arn:aws:sns:us-east-1:000000000000:{name}" for name in ("a", "b", "c")]

    def actions(*wanted):
        return {"Actions": {"Type": "CommaDelimitedList", "Default": ", ".join(wanted)}}

    def found():
        return bare("cloudwatch").describe_alarms(AlarmNames=[unique])["MetricAlarms"][0]["AlarmActions"]

    assert deploy(parameters=actions(*arns[:2]), Alarm=alarm)[0] == "CREATE_COMPLETE"
    assert found() == arns[:2]
    assert deploy(parameters=actions(*arns[:2]), Alarm=alarm)[0] == "UNCHANGED"
    assert deploy(parameters=actions(*arns[1:]), Alarm=alarm)[0] == "UPDATE_COMPLETE"
    assert found() == arns[1:]


def test_a_stream_has_the_shards_and_retention_of_the_template(bare, deploy, unique):
    kinesis = bare("kinesis")

    def stream(**properties):
        return {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": unique, **properties}}

    def summary():
        found = kinesis.describe_stream_summary(StreamName=unique)["StreamDescriptionSummary"]
        shards = kinesis.list_shards(StreamName=unique)["Shards"]
        open_shards = [shard for shard in shards if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return len(open_shards), found["RetentionPeriodHours"], found["StreamModeDetails"]["StreamMode"]

    deploy(Stream=stream(ShardCount=1, RetentionPeriodHours=48))
    assert summary() == (1, 48, "PROVISIONED")
    kinesis.put_record(StreamName=unique, Data=b"kept", PartitionKey="k")
    assert deploy(Stream=stream(ShardCount=3))[0] == "UPDATE_COMPLETE"
    assert summary() == (3, 24, "PROVISIONED")
    assert deploy(Stream=stream(ShardCount=1))[0] == "UPDATE_COMPLETE"
    assert summary() == (1, 24, "PROVISIONED")


def test_a_function_follows_the_template(bare, deploy, package, unique):
    s3, functions = bare("s3"), bare("lambda")
    s3.create_bucket(Bucket=unique)
    for key, source in (("old", "def handler(*_): return 'old'"), ("new", "def handler(*_): return 'new'")):
        s3.put_object(Bucket=unique, Key=key, Body=package(app=source))

    def function(key, **properties):
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": unique,
                "Runtime": "python3.11",
                "Handler": "app.handler",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"S3Bucket": unique, "S3Key": key},
                **properties,
            },
        }

    def state():
        found = functions.get_function_configuration(FunctionName=unique)
        answer = functions.invoke(FunctionName=unique)["Payload"].read().decode()
        variables = found.get("Environment", {}).get("Variables", {})
        return answer, found["MemorySize"], variables, found["CodeSha256"]

    settings = {"MemorySize": 192, "Environment": {"Variables": {"A": "1"}}}
    assert deploy(Role=ROLE, Function=function("old", **settings))[0] == "CREATE_COMPLETE"
    answer, memory, variables, code = state()
    assert (answer, memory, variables) == ('"old"', 192, {"A": "1"})
    status, _, changes = deploy(Role=ROLE, Function=function("old", MemorySize=256))
    assert (status, changes) == ("UPDATE_COMPLETE", {"Function"})
    assert state() == ('"old"', 256, {}, code)
    deploy(Role=ROLE, Function=function("new", MemorySize=256))
    assert state()[:2] == ('"new"', 256)


def test_a_roles_policies_follow_the_template_and_the_role_stays(bare, deploy, unique):
    iam = bare("iam")

    def role(*policies):
        return {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": unique, "Policies": list(policies)}}

    deploy(Role=role(policy("s3:GetObject")))
    made = iam.get_role(RoleName=unique)["Role"]["RoleId"]
    assert deploy(Role=role(policy("s3:GetObject", "s3:PutObject")))[0] == "UPDATE_COMPLETE"
    document = iam.get_role_policy(RoleName=unique, PolicyName="p")["PolicyDocument"]
    assert document["Statement"][0]["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert iam.get_role(RoleName=unique)["Role"]["RoleId"] == made
    deploy(Role=role())
    assert iam.list_role_policies(RoleName=unique)["PolicyNames"] == []


def test_a_log_groups_retention_follows_the_template(bare, deploy, unique):
    def group(**properties):
        return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": unique, **properties}}

    def retention():
        [found] = bare("logs").describe_log_groups(logGroupNamePrefix=unique)["logGroups"]
        return found.get("retentionInDays")

    deploy(Group=group(RetentionInDays=7))
    assert retention() == 7
    deploy(Group=group(RetentionInDays=30))
    assert retention() == 30


def test_a_bucket_is_as_the_template_says_and_is_not_deleted_with_what_it_holds(bare, deploy, unique):
    s3 = bare("s3")
    block = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": unique, "PublicAccessBlockConfiguration": block},
    }
    deploy(Bucket=bucket, Queue=queue(unique))
    assert s3.get_public_access_block(Bucket=unique)["PublicAccessBlockConfiguration"] == block
    s3.put_object(Bucket=unique, Key="kept", Body=b"x")
    deploy(Queue=queue(unique))
    assert s3.get_object(Bucket=unique, Key="kept")["Body"].read() == b"x"
    bare("cloudformation").delete_stack(StackName=unique)
    s3.delete_object(Bucket=unique, Key="kept")


def test_a_creation_that_fails_leaves_nothing_and_can_be_repeated(bare, deploy, unique):
    unknown = {"Type": "AWS::Unknown::Thing", "DependsOn": "Queue"}
    status, reason, _ = deploy(Queue=queue(unique), Thing=unknown)
    assert (status, reason) == ("ROLLBACK_COMPLETE", "Resource type AWS::Unknown::Thing not supported")
    with pytest.raises(bare("sqs").exceptions.QueueDoesNotExist):
        bare("sqs").get_queue_url(QueueName=unique)
    assert deploy(Queue=queue(unique))[0] == "UPDATE_COMPLETE"


def test_an_update_that_fails_is_undone_and_can_be_repeated(bare, deploy, unique):
    sqs = bare("sqs")

    def visibility():
        url = sqs.get_queue_url(QueueName=unique)["QueueUrl"]
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"]

    deploy(Queue=queue(unique, VisibilityTimeout=60), Old=queue(f"{unique}-old"))
    unknown = {"Type": "AWS::Unknown::Thing", "DependsOn": ["Queue", "Added"]}
    status, reason, _ = deploy(
        Queue=queue(unique, VisibilityTimeout=120), Added=queue(f"{unique}-added"), Thing=unknown
    )
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert "AWS::Unknown::Thing" in reason
    assert visibility() == "60"
    assert {url.split("/")[-1] for url in sqs.list_queues(QueueNamePrefix=unique)["QueueUrls"]} == {
        unique,
        f"{unique}-old",  # not deleted either
    }
    assert deploy(Queue=queue(unique, VisibilityTimeout=120), Old=queue(f"{unique}-old"))[2] == {"Queue"}
    assert visibility() == "120"


def test_a_delivery_stream_follows_the_template(bare, deploy, unique):
    firehose = bare("firehose")
    bare("s3").create_bucket(Bucket=unique)

    trust = json.loads(json.dumps(ROLE["Properties"]["AssumeRolePolicyDocument"]).replace("lambda", "firehose"))
    bare("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))

    def delivery(seconds, *, role=unique, **properties):
        destination = {
            "BucketARN": f"arn:aws:s3:::{unique}",
            "RoleARN": f"arn:aws:iam::000000000000:role/{role}",
            "BufferingHints": {"IntervalInSeconds": seconds, "SizeInMBs": 64},
        }
        return {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {
                "DeliveryStreamName": unique,
                "DeliveryStreamType": "DirectPut",
                "ExtendedS3DestinationConfiguration": destination,
                **properties,
            },
        }

    def seconds():
        stream = firehose.describe_delivery_stream(DeliveryStreamName=unique)["DeliveryStreamDescription"]
        assert stream["DeliveryStreamStatus"] == "ACTIVE"
        return stream["Destinations"][0]["ExtendedS3DestinationDescription"]["BufferingHints"]["IntervalInSeconds"]

    other = queue(f"{unique}-other")
    status, reason, _ = deploy(Delivery=delivery(60, role="nobody"), Other=other)
    assert (status, "role/nobody" in reason) == ("ROLLBACK_COMPLETE", True), reason
    status, reason, _ = deploy(Delivery=delivery(60), Other=other)
    assert status == "UPDATE_COMPLETE", reason
    assert seconds() == 60
    tags = [{"Key": "team", "Value": "data"}]
    assert deploy(Delivery=delivery(5, Tags=tags), Other=other)[:2] == ("UPDATE_COMPLETE", "")
    assert seconds() == 5
    assert firehose.list_tags_for_delivery_stream(DeliveryStreamName=unique)["Tags"] == tags
    source = {"KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/x", "RoleARN": "arn:aws:iam::0:role/r"}
    replaced = delivery(5, DeliveryStreamType="KinesisStreamAsSource", KinesisStreamSourceConfiguration=source)
    assert deploy(Delivery=replaced, Other=other)[0] == "UPDATE_ROLLBACK_COMPLETE"
    assert deploy(Other=other)[0] == "UPDATE_COMPLETE"
    with pytest.raises(firehose.exceptions.ResourceNotFoundException):
        firehose.describe_delivery_stream(DeliveryStreamName=unique)
