"""AWS::Redshift::Cluster, made by the warehouse's Redshift API.

The endpoint is where the warehouse listens. An update changes the master user's password, where it is kept, and tags.

**Left out:** updates of anything else, logging and snapshots: they fail, in Redshift's own words where it has them. A
deletion leaves no snapshot, whatever `DeletionPolicy` says.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-redshift-cluster.html
"""

from typing import Any

import localstack.services.cloudformation.provider_utils as util
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)
from localstack.services.redshift.resource_providers.aws_redshift_cluster import RedshiftClusterProvider

from amp_localstack.cloudformation.changes import Properties, changed, tag_change, unknown

# The properties that name the operation's options; the rest of the schema belongs to operations that are not there.
CREATE = (
    "AllowVersionUpgrade",
    "AutomatedSnapshotRetentionPeriod",
    "AvailabilityZone",
    "ClusterIdentifier",
    "ClusterParameterGroupName",
    "ClusterSubnetGroupName",
    "ClusterType",
    "ClusterVersion",
    "DBName",
    "Encrypted",
    "EnhancedVpcRouting",
    "IamRoles",
    "KmsKeyId",
    "ManageMasterPassword",
    "MasterUserPassword",
    "MasterUsername",
    "NodeType",
    "NumberOfNodes",
    "Port",
    "PreferredMaintenanceWindow",
    "PubliclyAccessible",
    "Tags",
    "VpcSecurityGroupIds",
)
PASSWORD = ("ManageMasterPassword", "MasterUserPassword")
NUMBERS = ("AutomatedSnapshotRetentionPeriod", "NumberOfNodes", "Port")
FLAGS = ("AllowVersionUpgrade", "Encrypted", "EnhancedVpcRouting", "ManageMasterPassword", "PubliclyAccessible")
# What Redshift says of the cluster; not in a template.
ATTRIBUTES = ("ClusterNamespaceArn", "Endpoint", "Id", "MasterPasswordSecretArn")


class Cluster(ResourceProvider):
    """The provider; LocalStack makes one for each operation."""

    TYPE = "AWS::Redshift::Cluster"
    SCHEMA = RedshiftClusterProvider.SCHEMA

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create; the cluster is there when the call returns."""
        model, redshift = request.desired_state, request.aws_client_factory.redshift
        model.setdefault("ClusterIdentifier", _default_name(request))
        if extra := unknown(model, CREATE):
            return _refused(model, f"not supported here: {', '.join(extra)}")
        redshift.create_cluster(**_typed(model))
        return _described(redshift, model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The endpoint and what else Redshift says."""
        return _described(request.aws_client_factory.redshift, dict(request.desired_state))

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change password and tags in place."""
        before, model, redshift = request.previous_state, request.desired_state, request.aws_client_factory.redshift
        name = model["ClusterIdentifier"] = before["ClusterIdentifier"]
        fixed = [one for one in {*before, *model} - {*PASSWORD, *ATTRIBUTES, "Tags"} if changed(before, model, one)]
        if fixed:
            return _refused(model, f"{name}: cannot be changed here by an update: {', '.join(sorted(fixed))}")
        if changed(before, model, *PASSWORD):
            given = {one: model[one] for one in PASSWORD if one in model}
            if "ManageMasterPassword" in before:
                given.setdefault("ManageMasterPassword", False)
            redshift.modify_cluster(ClusterIdentifier=name, **_typed(given))
        tags = tag_change(before, model)
        arn = f"arn:aws:redshift:{request.region_name}:{request.account_id}:cluster:{name}"
        if tags.set:
            redshift.create_tags(ResourceName=arn, Tags=tags.as_list)
        if tags.removed:
            redshift.delete_tags(ResourceName=arn, TagKeys=tags.removed)
        return _described(redshift, model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the cluster with its data."""
        model, redshift = request.desired_state, request.aws_client_factory.redshift
        redshift.delete_cluster(ClusterIdentifier=model["ClusterIdentifier"], SkipFinalClusterSnapshot=True)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _default_name(request: ResourceRequest) -> str:
    name: str = util.generate_default_name(request.stack_name, request.logical_resource_id)
    return name.lower()


def _typed(model: Properties) -> dict[str, Any]:
    """The operation's options: a number or flag that comes from a parameter can be text."""
    given = dict(model)
    for name in NUMBERS:
        if name in given:
            given[name] = int(given[name])
    for name in FLAGS:
        if name in given:
            given[name] = str(given[name]).lower() == "true"
    return given


def _described(redshift: Any, model: dict[str, Any]) -> ProgressEvent:
    [cluster] = redshift.describe_clusters(ClusterIdentifier=model["ClusterIdentifier"])["Clusters"]
    model["Id"] = cluster["ClusterIdentifier"]
    model["ClusterNamespaceArn"] = cluster["ClusterNamespaceArn"]
    model["Endpoint"] = {"Address": cluster["Endpoint"]["Address"], "Port": str(cluster["Endpoint"]["Port"])}
    if "MasterPasswordSecretArn" in cluster:
        model["MasterPasswordSecretArn"] = cluster["MasterPasswordSecretArn"]
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _refused(model: dict[str, Any], message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
