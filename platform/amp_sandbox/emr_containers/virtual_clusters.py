"""EMR on EKS's operations on virtual clusters.

A virtual cluster is a name here: the runs of all share this machine's one Spark cluster.

**Left out:** EKS. Whether the cluster and the namespace exist is not asked, as the sandbox has none.
"""

from amp_sandbox.emr_containers import errors, store
from amp_sandbox.emr_containers.checks import kept_request, page_of, require_cluster, require_same_request
from amp_sandbox.emr_containers.shapes import cluster_arn, describe_cluster, new_cluster_id
from amp_sandbox.emr_containers.store import VirtualCluster
from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.standins.sqlite import transaction
from amp_sandbox.standins.tags import set_tags

_UNSUPPORTED = (
    "securityConfigurationId",
    "sessionEnabled",
    "schedulerConfiguration",
    "containerProvider.info.eksInfo.nodeLabel",
)


@operation("emr-containers", "CreateVirtualCluster", refuses=_UNSUPPORTED)
def create_virtual_cluster(ctx: Context, req: Request) -> Answer:
    """Make a virtual cluster; the same client token and request answer the one made before.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_CreateVirtualCluster.html
    """
    with transaction(ctx.db):
        made = store.cluster_of_token(ctx.db, req["clientToken"])
        if made is not None:
            require_same_request(made.request, req)
            return _created(ctx, made.id, req["name"])
        _require_free_namespace(ctx, req)
        cluster_id = new_cluster_id()
        store.create_cluster(ctx.db, cluster_id, req["clientToken"], kept_request(req), at=ctx.now())
        set_tags(ctx.db, cluster_arn(ctx, cluster_id), req.get("tags") or {})
    return _created(ctx, cluster_id, req["name"])


@operation("emr-containers", "DescribeVirtualCluster")
def describe_virtual_cluster(ctx: Context, req: Request) -> Answer:
    """Show a virtual cluster, also one that is deleted.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_DescribeVirtualCluster.html
    """
    return {"virtualCluster": describe_cluster(ctx, require_cluster(ctx, req["id"]))}


@operation("emr-containers", "ListVirtualClusters", refuses=["eksAccessEntryIntegrated"])
def list_virtual_clusters(ctx: Context, req: Request) -> Answer:
    """List virtual clusters, the newest first, a page at a time.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_ListVirtualClusters.html
    """

    def wanted(cluster: VirtualCluster) -> bool:
        provider = req.get("containerProviderId") or cluster.request["containerProvider"]["id"]
        states = req.get("states") or [cluster.state]
        return provider == cluster.request["containerProvider"]["id"] and cluster.state in states

    page, token = page_of(req, store.list_clusters(ctx.db), wanted)
    return {"virtualClusters": [describe_cluster(ctx, cluster) for cluster in page], **token}


@operation("emr-containers", "DeleteVirtualCluster")
def delete_virtual_cluster(ctx: Context, req: Request) -> Answer:
    """Mark a virtual cluster TERMINATING; the engine cancels its runs, and it is TERMINATED when they have ended.

    https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_DeleteVirtualCluster.html
    """
    with transaction(ctx.db):
        cluster = require_cluster(ctx, req["id"])
        if cluster.state == "RUNNING":
            store.set_cluster_state(ctx.db, cluster.id, "TERMINATING")
    return {"id": cluster.id}


def _created(ctx: Context, cluster_id: str, name: str) -> Answer:
    return {"id": cluster_id, "name": name, "arn": cluster_arn(ctx, cluster_id)}


def _require_free_namespace(ctx: Context, req: Request) -> None:
    """On AWS a namespace of an EKS cluster belongs to one virtual cluster."""
    wanted = _namespace(req)
    for cluster in store.list_clusters(ctx.db):
        if cluster.state == "RUNNING" and _namespace(cluster.request) == wanted:
            eks, namespace = wanted
            raise errors.invalid(
                f"A virtual cluster already exists in the given namespace: {cluster.id} in {namespace} of {eks}."
            )


def _namespace(req: Request) -> tuple[str, str]:
    provider = req["containerProvider"]
    info = (provider.get("info") or {}).get("eksInfo") or {}
    return provider["id"], info.get("namespace") or "default"
