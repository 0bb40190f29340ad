"""Buckets, roles, log groups and alarms whose settings are applied, at creation and by updates.

LocalStack's providers leave most of these settings undone and their updates empty. A bucket that holds objects is not
deleted, as on AWS; LocalStack's provider would empty it first.

**Left out:** bucket settings other than those in `BUCKET_SETTINGS`; they fail.
"""

import json
from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import OperationStatus, ProgressEvent, ResourceRequest
from localstack.services.cloudwatch.resource_providers.aws_cloudwatch_alarm import CloudWatchAlarmProvider
from localstack.services.iam.resource_providers.aws_iam_role import IAMRoleProvider
from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider
from localstack.services.s3.resource_providers.aws_s3_bucket import S3BucketProvider

from amp_localstack.cloudformation.changes import Properties, changed, tag_change, unknown

READ_ONLY = ("Arn", "DomainName", "DualStackDomainName", "RegionalDomainName", "WebsiteURL")
BUCKET_SETTINGS = (
    "BucketEncryption",
    "NotificationConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
)


class Bucket(S3BucketProvider):
    """AWS::S3::Bucket.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html
    """

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, then apply the settings. A bucket of that name that exists is not taken over, as on AWS."""
        model = request.desired_state
        if refused := unknown(model, ("BucketName", *BUCKET_SETTINGS)):
            return _failed(model, f"AWS::S3::Bucket: {', '.join(refused)} not supported here")
        if (name := model.get("BucketName")) and _exists(request.aws_client_factory.s3, name):
            return _failed(model, f"{name} already exists")
        event = super().create(request)
        if event.status == OperationStatus.SUCCESS:
            _apply_bucket_settings(self, request.aws_client_factory.s3, {}, event.resource_model)
        return event

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Apply the settings that differ."""
        before, model = request.previous_state, request.desired_state
        if refused := unknown(model, ("BucketName", *BUCKET_SETTINGS, *READ_ONLY)):
            return _failed(model, f"AWS::S3::Bucket: {', '.join(refused)} not supported here")
        model["BucketName"] = before["BucketName"]
        model |= {name: before[name] for name in READ_ONLY if name in before}
        _apply_bucket_settings(self, request.aws_client_factory.s3, before, model)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete an empty bucket; S3 refuses to delete any other."""
        model, s3 = request.desired_state, request.aws_client_factory.s3
        if _exists(s3, model["BucketName"]):
            s3.delete_bucket(Bucket=model["BucketName"])
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


class Role(IAMRoleProvider):
    """AWS::IAM::Role.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-role.html
    """

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, also with a trust policy that is given as text, which LocalStack would quote once more."""
        _parse_trust(request.desired_state)
        return super().create(request)

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change trust, policies, description and tags in place; the role and its id stay."""
        before, model = request.previous_state, request.desired_state
        iam = request.aws_client_factory.iam
        _parse_trust(model)
        for key in ("RoleName", "Arn", "RoleId"):
            model[key] = before[key]
        name = model["RoleName"]
        if changed(before, model, "AssumeRolePolicyDocument"):
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(model["AssumeRolePolicyDocument"]))
        if changed(before, model, "Description", "MaxSessionDuration"):
            iam.update_role(
                RoleName=name,
                Description=model.get("Description", ""),
                MaxSessionDuration=model.get("MaxSessionDuration", 3600),
            )
        _apply_role_policies(iam, before, model)
        tags = tag_change(before, model)
        if tags.set:
            iam.tag_role(RoleName=name, Tags=tags.as_list)
        if tags.removed:
            iam.untag_role(RoleName=name, TagKeys=tags.removed)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


class LogGroup(LogsLogGroupProvider):
    """AWS::Logs::LogGroup.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html
    """

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create, then apply retention and tags."""
        event = super().create(request)
        _apply_log_settings(request.aws_client_factory.logs, {}, event.resource_model)
        return event

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Apply what differs."""
        before, model = request.previous_state, request.desired_state
        model["LogGroupName"], model["Arn"] = before["LogGroupName"], before["Arn"]
        _apply_log_settings(request.aws_client_factory.logs, before, model)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


class Alarm(CloudWatchAlarmProvider):
    """AWS::CloudWatch::Alarm.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html
    """

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """PutMetricAlarm both creates and updates."""
        request.desired_state["AlarmName"] = request.previous_state["AlarmName"]
        event: ProgressEvent = self.create(request)
        return event


def _exists(s3: Any, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def _apply_bucket_settings(provider: Any, s3: Any, before: Properties, after: Properties) -> None:
    bucket = after["BucketName"]
    if changed(before, after, "BucketEncryption") and (encryption := after.get("BucketEncryption")):
        rules = [
            {("Apply" + key if key == "ServerSideEncryptionByDefault" else key): value for key, value in rule.items()}
            for rule in encryption["ServerSideEncryptionConfiguration"]
        ]
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    if changed(before, after, "PublicAccessBlockConfiguration"):
        if block := after.get("PublicAccessBlockConfiguration"):
            s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
        else:
            s3.delete_public_access_block(Bucket=bucket)
    if changed(before, after, "OwnershipControls") and (controls := after.get("OwnershipControls")):
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    if not before:
        return  # LocalStack's own create has applied the rest
    if changed(before, after, "NotificationConfiguration"):
        notifications = provider._get_s3_bucket_notification_config(after) or {
            "Bucket": bucket,
            "NotificationConfiguration": {},
        }
        s3.put_bucket_notification_configuration(**notifications)
    if changed(before, after, "VersioningConfiguration"):
        status = (after.get("VersioningConfiguration") or {}).get("Status", "Suspended")
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
    if changed(before, after, "Tags"):
        if tags := after.get("Tags"):
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        else:
            s3.delete_bucket_tagging(Bucket=bucket)


def _parse_trust(role: dict[str, Any]) -> None:
    if isinstance(role.get("AssumeRolePolicyDocument"), str):
        role["AssumeRolePolicyDocument"] = json.loads(role["AssumeRolePolicyDocument"])


def _apply_role_policies(iam: Any, before: Properties, after: Properties) -> None:
    name = after["RoleName"]
    old, new = _inline_policies(before), _inline_policies(after)
    for policy in old.keys() - new.keys():
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy, document in new.items():
        if old.get(policy) != document:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
    attached, wanted = set(before.get("ManagedPolicyArns") or []), set(after.get("ManagedPolicyArns") or [])
    for arn in attached - wanted:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in wanted - attached:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)


def _inline_policies(role: Properties) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in role.get("Policies") or []}


def _apply_log_settings(logs: Any, before: Properties, after: Properties) -> None:
    name = after["LogGroupName"]
    if changed(before, after, "RetentionInDays"):
        if days := after.get("RetentionInDays"):
            logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
        else:
            logs.delete_retention_policy(logGroupName=name)
    tags = tag_change(before, after)
    if tags.set:
        logs.tag_resource(resourceArn=after["Arn"].removesuffix(":*"), tags=tags.set)
    if tags.removed:
        logs.untag_resource(resourceArn=after["Arn"].removesuffix(":*"), tagKeys=tags.removed)


def _failed(model: dict[str, Any], message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
