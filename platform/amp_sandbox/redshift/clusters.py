"""Redshift's operations on clusters. The sandbox has one: its warehouse.

Node types and numbers, network, encryption and maintenance are shown as they were asked for and have no effect: the
cluster is a process of this machine. The endpoint says where it really listens.

**Left out:**

* a second cluster: ClusterQuotaExceeded;
* snapshots, resizing, pausing, parameter groups of one's own, HSMs, IAM Identity Center: refused by name.
"""

import re
from typing import Any

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.redshift import errors, master, store
from amp_sandbox.redshift.checks import describe_cluster, require_cluster, require_identifier, require_tags
from amp_sandbox.redshift.store import Cluster
from amp_sandbox.warehouse.context import host_of

_PORT = 5439
_USER = re.compile(r"[a-z_][a-z0-9_$+.@-]{0,127}")
_RESERVED = frozenset(("public", "rdsdb", "default"))
_DEFAULT_GROUP = re.compile(r"default\.redshift-[12]\.0")
_REFUSED = (
    "ClusterSecurityGroups",
    "ManualSnapshotRetentionPeriod",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "ElasticIp",
    "AdditionalInfo",
    "MaintenanceTrackName",
    "SnapshotScheduleIdentifier",
    "AvailabilityZoneRelocation",
    "AquaConfigurationStatus",
    "LoadSampleData",
    "MasterPasswordSecretKmsKeyId",
    "IpAddressType",
    "MultiAZ",
    "RedshiftIdcApplicationArn",
    "CatalogName",
    "ExtraComputeForAutomaticOptimization",
)
_MODIFY_REFUSED = (
    "ClusterType",
    "NodeType",
    "NumberOfNodes",
    "ClusterSecurityGroups",
    "VpcSecurityGroupIds",
    "ClusterParameterGroupName",
    "AutomatedSnapshotRetentionPeriod",
    "ManualSnapshotRetentionPeriod",
    "PreferredMaintenanceWindow",
    "ClusterVersion",
    "AllowVersionUpgrade",
    "HsmClientCertificateIdentifier",
    "HsmConfigurationIdentifier",
    "NewClusterIdentifier",
    "PubliclyAccessible",
    "ElasticIp",
    "EnhancedVpcRouting",
    "MaintenanceTrackName",
    "Encrypted",
    "KmsKeyId",
    "AvailabilityZoneRelocation",
    "AvailabilityZone",
    "Port",
    "MasterPasswordSecretKmsKeyId",
    "IpAddressType",
    "MultiAZ",
    "ExtraComputeForAutomaticOptimization",
)
_NOT_KEPT = ("ClusterIdentifier", "MasterUserPassword", "ManageMasterPassword", "Tags")


@operation("redshift", "CreateCluster", refuses=_REFUSED)
def create_cluster(ctx: Context, req: Request) -> Answer:
    """Make the sandbox's cluster: its master user can log on from now on.

    Left out: a database of another name than `amp`, a port other than 5439, and a parameter group that is not a default
    one (InvalidParameterValue). Sizes, network, encryption and maintenance have no effect on one machine and are shown.
    https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html
    """
    name = require_identifier(req["ClusterIdentifier"])
    for existing in store.list_clusters(ctx.db):
        if existing.name == name:
            raise errors.cluster_already_exists(name)
        raise errors.cluster_quota_exceeded(existing.name)
    _require_defaults(ctx, req)
    user = _require_user(req["MasterUsername"])
    managed, password = req.get("ManageMasterPassword"), req.get("MasterUserPassword")
    if bool(managed) == bool(password):
        raise errors.invalid_combination("Give either MasterUserPassword or ManageMasterPassword.")
    tags = require_tags(req.get("Tags") or [])
    secret, chosen = master.managed_secret(ctx, name, user) if managed else (None, str(password))
    master.set_master(ctx, user, chosen)
    kept = {key: value for key, value in req.items() if key not in _NOT_KEPT and value is not None}
    kept["MasterUsername"] = user
    store.create_cluster(ctx.db, name, kept, secret_arn=secret, tags=tags, at=ctx.now())
    return {"Cluster": describe_cluster(ctx, require_cluster(ctx, name), "creating")}


@operation("redshift", "DescribeClusters", refuses=["Marker"])
def describe_clusters(ctx: Context, req: Request) -> Answer:
    """Show the cluster, if it has the name and the tags that are asked for.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_DescribeClusters.html
    """
    name = req.get("ClusterIdentifier")
    found = [require_cluster(ctx, name)] if name else store.list_clusters(ctx.db)
    keys, values = req.get("TagKeys") or [], req.get("TagValues") or []
    shown = [cluster for cluster in found if _has_tags(cluster, keys, values)]
    return {"Clusters": [describe_cluster(ctx, cluster) for cluster in shown]}


@operation("redshift", "ModifyCluster", refuses=_MODIFY_REFUSED)
def modify_cluster(ctx: Context, req: Request) -> Answer:
    """Change the master user's password, or let Secrets Manager keep it.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html
    """
    cluster = require_cluster(ctx, req["ClusterIdentifier"])
    user, secret = cluster.definition["MasterUsername"], cluster.secret_arn
    managed, password = req.get("ManageMasterPassword"), req.get("MasterUserPassword")
    if managed and password:
        raise errors.invalid_combination("Give either MasterUserPassword or ManageMasterPassword.")
    if managed:
        secret, password = master.managed_secret(ctx, cluster.name, user, secret)
    elif managed is False and secret and not password:
        raise errors.invalid_combination("MasterUserPassword is needed where ManageMasterPassword ends.")
    if password:
        master.set_master(ctx, user, password)
        if not managed and secret:
            master.delete_secret(ctx, secret)
            secret = None
        store.update_cluster(ctx.db, cluster.name, cluster.definition, secret_arn=secret)
    return {"Cluster": describe_cluster(ctx, require_cluster(ctx, cluster.name), "modifying")}


@operation(
    "redshift",
    "DeleteCluster",
    refuses=["FinalClusterSnapshotIdentifier", "FinalClusterSnapshotRetentionPeriod"],
)
def delete_cluster(ctx: Context, req: Request) -> Answer:
    """Delete the cluster with all that is in its database; connections end.

    Left out: a final snapshot, so SkipFinalClusterSnapshot has to be set (InvalidParameterCombination).
    https://docs.aws.amazon.com/redshift/latest/APIReference/API_DeleteCluster.html
    """
    cluster = require_cluster(ctx, req["ClusterIdentifier"])
    if not req.get("SkipFinalClusterSnapshot"):
        raise errors.invalid_combination("The sandbox keeps no snapshots: set SkipFinalClusterSnapshot.")
    if cluster.secret_arn:
        master.delete_secret(ctx, cluster.secret_arn)
    shown = describe_cluster(ctx, cluster, "deleting")
    host_of(ctx).recreate()
    store.delete_cluster(ctx.db, cluster.name)
    return {"Cluster": shown}


def _require_defaults(ctx: Context, req: Request) -> None:
    database = host_of(ctx).database
    # AWS's default is `dev`.
    if (req.get("DBName") or "dev").lower() != database:
        raise errors.invalid_value(f"The sandbox's cluster has one database, {database}: set DBName to it.")
    if req.get("Port") not in (None, _PORT):
        raise errors.invalid_value(f"Port can be {_PORT} only; the endpoint tells where the sandbox's cluster listens.")
    group = req.get("ClusterParameterGroupName")
    if group and not _DEFAULT_GROUP.fullmatch(group):
        raise errors.invalid_value(f"There is no cluster parameter group {group}.")
    if req.get("ClusterVersion") not in (None, "1.0"):
        raise errors.invalid_value("ClusterVersion can be 1.0 only.")
    nodes, kind = req.get("NumberOfNodes") or 1, req.get("ClusterType") or "multi-node"
    if kind not in ("multi-node", "single-node") or nodes < 1 or (kind == "single-node" and nodes != 1):
        raise errors.invalid_value(f"{nodes} nodes are not possible for a cluster of type {kind}.")


def _require_user(name: str) -> str:
    if not _USER.fullmatch(name) or name in _RESERVED:
        raise errors.invalid_value(
            f"The parameter MasterUsername {name!r:.130} is not valid: lower-case letters, digits and _ $ + . @ -,"
            " the first a letter or _, and no reserved word."
        )
    return name


def _has_tags(cluster: Cluster, keys: list[str], values: list[str]) -> bool:
    tags: dict[str, Any] = dict(cluster.tags)
    by_key = not keys or any(key in tags for key in keys)
    return by_key and (not values or any(value in tags.values() for value in values))
