"""Checks that several of Redshift's operations share, and what AWS shows of a cluster."""

import re
from collections.abc import Sequence
from typing import Any

from amp_sandbox.protocol import Context
from amp_sandbox.redshift import errors, store
from amp_sandbox.redshift.store import Cluster
from amp_sandbox.warehouse.context import host_of

_IDENTIFIER = re.compile(r"[a-z](?:-?[a-z0-9]+)*")
_LONGEST_IDENTIFIER = 63
_MOST_TAGS = 50
# Shown as they were asked for.
_SHOWN = (
    "NodeType",
    "AutomatedSnapshotRetentionPeriod",
    "ClusterSubnetGroupName",
    "AvailabilityZone",
    "PreferredMaintenanceWindow",
    "AllowVersionUpgrade",
    "NumberOfNodes",
    "PubliclyAccessible",
    "Encrypted",
    "KmsKeyId",
    "EnhancedVpcRouting",
    "DefaultIamRoleArn",
)


def require_cluster(ctx: Context, name: str) -> Cluster:
    """The cluster of that name; names are folded to lower case."""
    for cluster in store.list_clusters(ctx.db):
        if cluster.name == name.lower():
            return cluster
    raise errors.cluster_not_found(name)


def require_identifier(name: str) -> str:
    """A new cluster's name: letters, digits and single hyphens, the first a letter."""
    if len(name) > _LONGEST_IDENTIFIER or not _IDENTIFIER.fullmatch(name.lower()):
        raise errors.invalid_value(
            f"The parameter ClusterIdentifier {name!r:.80} is not a valid identifier: 1 to 63 letters, digits and"
            " hyphens, the first a letter, no hyphen at the end and no two in a row."
        )
    return name.lower()


def require_tags(given: Sequence[dict[str, str]]) -> dict[str, str]:
    """The tags of a request."""
    tags = {tag.get("Key") or "": tag.get("Value") or "" for tag in given}
    if len(tags) > _MOST_TAGS:
        raise errors.invalid_tag(f"A cluster has at most {_MOST_TAGS} tags.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise errors.invalid_tag(f"The tag {key!r:.130} is not valid.")
    return tags


def arn_of(ctx: Context, name: str) -> str:
    """The ARN by which a cluster's tags are known."""
    return f"arn:aws:redshift:{ctx.region}:{ctx.account_id}:cluster:{name}"


def describe_cluster(ctx: Context, cluster: Cluster, status: str = "available") -> dict[str, Any]:
    """AWS's Cluster."""
    host, asked = host_of(ctx), cluster.definition
    shown = {name: asked[name] for name in _SHOWN if name in asked}
    roles = [{"IamRoleArn": role, "ApplyStatus": "in-sync"} for role in asked.get("IamRoles", [])]
    groups = [{"VpcSecurityGroupId": group, "Status": "active"} for group in asked.get("VpcSecurityGroupIds", [])]
    secret = {"MasterPasswordSecretArn": cluster.secret_arn} if cluster.secret_arn else {}
    return {
        "NumberOfNodes": 1,
        **shown,
        **secret,
        "ClusterIdentifier": cluster.name,
        "ClusterStatus": status,
        "ClusterAvailabilityStatus": "Available" if status == "available" else "Modifying",
        "MasterUsername": asked["MasterUsername"],
        "DBName": host.database,
        "Endpoint": {"Address": "127.0.0.1", "Port": host.port},
        "ClusterCreateTime": cluster.created_at,
        "ClusterVersion": "1.0",
        "ClusterNamespaceArn": f"arn:aws:redshift:{ctx.region}:{ctx.account_id}:namespace:{cluster.name}",
        "IamRoles": roles,
        "VpcSecurityGroups": groups,
        "Tags": [{"Key": key, "Value": value} for key, value in cluster.tags.items()],
    }
