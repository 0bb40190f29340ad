"""What a crawler is told to do: AWS's request, checked and read into one value.

**Left out:** each refused by name when the crawler is made: targets other than S3, custom classifiers, event mode and
its queues, connections, lineage, Lake Formation, security configurations, and options of Configuration that are not
listed in `_OPTIONS`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amp_sandbox.glue import errors
from amp_sandbox.protocol import AwsError, not_implemented, refuse_unsupported

UNSUPPORTED = (
    "Targets.JdbcTargets",
    "Targets.MongoDBTargets",
    "Targets.DynamoDBTargets",
    "Targets.CatalogTargets",
    "Targets.DeltaTargets",
    "Targets.IcebergTargets",
    "Targets.HudiTargets",
    "Classifiers",
    "LakeFormationConfiguration.UseLakeFormationCredentials",
    "CrawlerSecurityConfiguration",
)
"""Options of CreateCrawler and UpdateCrawler that are refused."""

MOST_SAMPLED = 249
"""The largest SampleSize. https://docs.aws.amazon.com/glue/latest/webapi/API_S3Target.html"""

_UNSUPPORTED_TARGET = ("ConnectionName", "EventQueueArn", "DlqEventQueueArn")
# https://docs.aws.amazon.com/glue/latest/dg/crawler-configuration.html
_OPTIONS: Mapping[str, Any] = {
    "Version": 1.0,
    "CrawlerOutput": {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    },
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": int},
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Target:
    """A place in S3 to crawl; the prefix is empty or a key without its last slash."""

    bucket: str
    prefix: str
    exclusions: tuple[str, ...] = ()
    sample_size: int | None = None

    @property
    def uri(self) -> str:
        """As users write it."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class CrawlerConfig:
    """How a crawler makes tables of what it finds."""

    targets: tuple[Target, ...]
    database: str
    table_prefix: str = ""
    combine_compatible: bool = False
    table_level: int | None = None
    inherit_partitions: bool = False
    merge_new_columns: bool = False
    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    new_folders_only: bool = False


def parse(definition: Mapping[str, Any]) -> CrawlerConfig:
    """Read a crawler's definition; raises `AwsError` for what is wrong with it or not supported."""
    targets = definition["Targets"].get("S3Targets") or []
    if not targets:
        raise errors.invalid_input("A crawler needs at least one target in Targets.S3Targets.")
    if not definition.get("DatabaseName"):
        raise errors.invalid_input("A crawler needs a DatabaseName for its tables.")
    _refuse_settings(definition)
    policy = definition.get("SchemaChangePolicy") or {}
    recrawl = (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") or "CRAWL_EVERYTHING"
    options = _options(definition.get("Configuration"))
    grouping, output = options.get("Grouping") or {}, options.get("CrawlerOutput") or {}
    config = CrawlerConfig(
        targets=tuple(_target(one) for one in targets),
        database=definition["DatabaseName"].lower(),
        table_prefix=definition.get("TablePrefix") or "",
        combine_compatible="TableGroupingPolicy" in grouping,
        table_level=grouping.get("TableLevelConfiguration"),
        inherit_partitions=bool(output.get("Partitions")),
        merge_new_columns=bool(output.get("Tables")),
        update=policy.get("UpdateBehavior") or CrawlerConfig.update,
        delete=policy.get("DeleteBehavior") or CrawlerConfig.delete,
        new_folders_only=recrawl == "CRAWL_NEW_FOLDERS_ONLY",
    )
    if config.new_folders_only and (config.update, config.delete) != ("LOG", "LOG"):
        raise errors.invalid_input(
            "The SchemaChangePolicy for CRAWL_NEW_FOLDERS_ONLY can have only LOG as UpdateBehavior and DeleteBehavior."
        )
    return config


def _refuse_settings(definition: Mapping[str, Any]) -> None:
    refuse_unsupported(definition, *UNSUPPORTED)
    if (definition.get("LineageConfiguration") or {}).get("CrawlerLineageSettings") == "ENABLE":
        raise not_implemented("the option LineageConfiguration.CrawlerLineageSettings ENABLE")
    if (definition.get("RecrawlPolicy") or {}).get("RecrawlBehavior") == "CRAWL_EVENT_MODE":
        raise not_implemented("the option RecrawlPolicy.RecrawlBehavior CRAWL_EVENT_MODE")


def _target(given: Mapping[str, Any]) -> Target:
    refuse_unsupported({"Targets": {"S3Targets": given}}, *(f"Targets.S3Targets.{one}" for one in _UNSUPPORTED_TARGET))
    path = given.get("Path") or ""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise errors.invalid_input(f"The S3 target {path!r:.200} is not of the form s3://bucket/folder.")
    size = given.get("SampleSize")
    if size is not None and not 1 <= size <= MOST_SAMPLED:
        raise errors.invalid_input(f"SampleSize {size} is not between 1 and {MOST_SAMPLED}.")
    return Target(bucket, key.rstrip("/"), tuple(given.get("Exclusions") or ()), size)


def _options(text: str | None) -> Mapping[str, Any]:
    """Configuration's options, each known."""
    if not text:
        return {}
    try:
        options = json.loads(text)
    except ValueError as error:
        raise errors.invalid_input(f"Configuration is not JSON: {error}.") from error
    if not isinstance(options, dict) or options.get("Version") != 1.0:
        raise errors.invalid_input('Configuration must be a JSON object with "Version": 1.0.')
    _require_known(options, _OPTIONS, ())
    level = (options.get("Grouping") or {}).get("TableLevelConfiguration")
    if level is not None and level < 1:
        raise errors.invalid_input(f"TableLevelConfiguration {level} is not a positive number.")
    return options


def _require_known(given: Any, known: Any, path: Sequence[str]) -> None:
    if isinstance(known, dict):
        if not isinstance(given, dict):
            raise _unknown_option(path, given)
        for name, value in given.items():
            if name not in known:
                raise _unknown_option((*path, name), value)
            _require_known(value, known[name], (*path, name))
    elif known is int:
        if type(given) is not int:
            raise _unknown_option(path, given)
    elif given != known:
        raise _unknown_option(path, given)


def _unknown_option(path: Sequence[str], value: Any) -> AwsError:
    return not_implemented(f"the option Configuration.{'.'.join(path)} {json.dumps(value)}")
