"""AWS::Glue::Database, AWS::Glue::Table and AWS::Glue::Crawler, which LocalStack does not have.

Each is made, changed and deleted through Glue's API, whose refusals are the deployment's. A new name makes a new
resource. A crawler that is running is waited for, as Glue refuses to change or delete it.

**Left out:** catalogues of other accounts, and Iceberg tables (`OpenTableFormatInput`); they fail.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_Glue.html
"""

from collections.abc import Mapping
from typing import Any

import localstack.services.cloudformation.provider_utils as util
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from amp_localstack.cloudformation.api_request import UnknownPropertyError, as_request
from amp_localstack.cloudformation.changes import Properties, unknown

# What a crawler is when a template does not say it; UpdateCrawler leaves as it is what it is not given.
CRAWLER_DEFAULTS: Properties = {
    "Classifiers": [],
    "Configuration": "",
    "Description": "",
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "TablePrefix": "",
}


class Database(ResourceProvider):
    """AWS::Glue::Database.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-glue-database.html
    """

    TYPE = "AWS::Glue::Database"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/DatabaseName"],
        "createOnlyProperties": ["/properties/DatabaseName", "/properties/CatalogId"],
    }
    KNOWN = ("CatalogId", "DatabaseInput", "DatabaseName")

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create the database."""
        model, glue = request.desired_state, request.aws_client_factory.glue
        if problem := _problem(request, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {problem}")
        model["DatabaseName"] = _name(request, "DatabaseName", "DatabaseInput")
        glue.create_database(**_input(glue, "CreateDatabase", model, "DatabaseInput", model["DatabaseName"]))
        return _succeeded(model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The database as Glue has it."""
        model = request.desired_state
        found = request.aws_client_factory.glue.get_database(Name=model["DatabaseName"])["Database"]
        return _succeeded({**model, "DatabaseInput": {name: found[name] for name in model["DatabaseInput"]}})

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change everything but the name in place."""
        before, model, glue = request.previous_state, request.desired_state, request.aws_client_factory.glue
        if problem := _problem(request, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {problem}")
        name = model["DatabaseName"] = before["DatabaseName"]
        if model["DatabaseInput"].get("Name", name) != name:
            return _failed(model, f"{name}: DatabaseInput.Name cannot be changed; give DatabaseName too")
        glue.update_database(Name=name, **_input(glue, "UpdateDatabase", model, "DatabaseInput", name))
        return _succeeded(model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the database with its tables, as Glue does."""
        request.aws_client_factory.glue.delete_database(Name=request.desired_state["DatabaseName"])
        return _succeeded(request.desired_state)


class Table(ResourceProvider):
    """AWS::Glue::Table.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-glue-table.html
    """

    TYPE = "AWS::Glue::Table"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Name"],
        # Not DatabaseName, which makes a new table too, but is taken as changed whenever the database is.
        "createOnlyProperties": ["/properties/Name", "/properties/CatalogId"],
    }
    KNOWN = ("CatalogId", "DatabaseName", "Name", "TableInput")

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create the table."""
        model, glue = request.desired_state, request.aws_client_factory.glue
        if problem := _problem(request, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {problem}")
        model["Name"] = _name(request, "Name", "TableInput")
        table = _input(glue, "CreateTable", model, "TableInput", model["Name"])
        glue.create_table(DatabaseName=model["DatabaseName"], **table)
        return _succeeded(model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The table as Glue has it."""
        model = request.desired_state
        glue = request.aws_client_factory.glue
        found = glue.get_table(DatabaseName=model["DatabaseName"], Name=model["Name"])["Table"]
        return _succeeded({**model, "TableInput": {name: found[name] for name in model["TableInput"]}})

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change the table in place; another database gets a new one."""
        before, model, glue = request.previous_state, request.desired_state, request.aws_client_factory.glue
        if problem := _problem(request, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {problem}")
        name = model["Name"] = before["Name"]
        if model["TableInput"].get("Name", name) != name:
            return _failed(model, f"{name}: TableInput.Name cannot be changed; give Name too")
        table = _input(glue, "UpdateTable", model, "TableInput", name)
        if model["DatabaseName"] == before["DatabaseName"]:
            glue.update_table(DatabaseName=model["DatabaseName"], **table)
        else:
            glue.create_table(DatabaseName=model["DatabaseName"], **table)
            glue.delete_table(DatabaseName=before["DatabaseName"], Name=name)
        return _succeeded(model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the table."""
        model = request.desired_state
        request.aws_client_factory.glue.delete_table(DatabaseName=model["DatabaseName"], Name=model["Name"])
        return _succeeded(model)


class Crawler(ResourceProvider):
    """AWS::Glue::Crawler.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-glue-crawler.html
    """

    TYPE = "AWS::Glue::Crawler"
    SCHEMA: Mapping[str, Any] = {
        "typeName": TYPE,
        "primaryIdentifier": ["/properties/Name"],
        "createOnlyProperties": ["/properties/Name"],
    }
    KNOWN = ("DatabaseName", "Name", "Role", "Schedule", "Tags", "Targets", *CRAWLER_DEFAULTS)

    def create(self, request: ResourceRequest) -> ProgressEvent:
        """Create the crawler; it does not run."""
        model, glue = request.desired_state, request.aws_client_factory.glue
        if refused := unknown(model, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {', '.join(refused)} not supported here")
        model.setdefault("Name", util.generate_default_name(request.stack_name, request.logical_resource_id))
        try:
            settings = _crawler_settings(glue, "CreateCrawler", model)
        except UnknownPropertyError as error:
            return _failed(model, f"{self.TYPE}: {error}")
        tags = {"Tags": dict(model["Tags"])} if model.get("Tags") else {}
        glue.create_crawler(**settings, **tags)
        return _succeeded(model)

    def read(self, request: ResourceRequest) -> ProgressEvent:
        """The crawler as Glue has it."""
        model = request.desired_state
        found = request.aws_client_factory.glue.get_crawler(Name=model["Name"])["Crawler"]
        return _succeeded({**model, **{name: found[name] for name in ("Role", "DatabaseName", "Targets")}})

    def update(self, request: ResourceRequest) -> ProgressEvent:
        """Change everything but the name in place; what is no longer given goes back to its default."""
        before, model, glue = request.previous_state, request.desired_state, request.aws_client_factory.glue
        if refused := unknown(model, self.KNOWN):
            return _failed(model, f"{self.TYPE}: {', '.join(refused)} not supported here")
        name = model["Name"] = before["Name"]
        try:
            settings = _crawler_settings(glue, "UpdateCrawler", {**CRAWLER_DEFAULTS, **model})
        except UnknownPropertyError as error:
            return _failed(model, f"{self.TYPE}: {error}")
        if not model.get("Schedule") and before.get("Schedule"):
            settings["Schedule"] = ""
        try:
            glue.update_crawler(**settings)
        except glue.exceptions.CrawlerRunningException:
            return _in_progress(model)
        arn = f"arn:aws:glue:{request.region_name}:{request.account_id}:crawler/{name}"
        old, new = before.get("Tags") or {}, model.get("Tags") or {}
        if changes := {key: value for key, value in new.items() if old.get(key) != value}:
            glue.tag_resource(ResourceArn=arn, TagsToAdd=changes)
        if removed := [key for key in old if key not in new]:
            glue.untag_resource(ResourceArn=arn, TagsToRemove=removed)
        return _succeeded(model)

    def delete(self, request: ResourceRequest) -> ProgressEvent:
        """Delete the crawler, once it does not run."""
        model, glue = request.desired_state, request.aws_client_factory.glue
        try:
            glue.delete_crawler(Name=model["Name"])
        except glue.exceptions.CrawlerRunningException:
            return _in_progress(model)
        return _succeeded(model)


def _problem(request: ResourceRequest, known: tuple[str, ...]) -> str | None:
    model = request.desired_state
    if refused := unknown(model, known):
        return f"{', '.join(refused)} not supported here"
    if model.get("CatalogId", request.account_id) != request.account_id:
        return f"the catalogue {model['CatalogId']} is of another account than {request.account_id}"
    return None


def _name(request: ResourceRequest, property_: str, input_: str) -> str:
    """A name that Glue takes: in lower case."""
    model = request.desired_state
    given = model.get(property_) or model[input_].get("Name")
    generated = util.generate_default_name(request.stack_name, request.logical_resource_id).lower()
    return str(given or generated)


def _input(glue: Any, operation: str, model: Properties, member: str, name: str) -> dict[str, Any]:
    shape = glue.meta.service_model.operation_model(operation).input_shape.members[member]
    return {member: as_request({**model[member], "Name": name}, shape, f"{member}.")}


def _crawler_settings(glue: Any, operation: str, model: Properties) -> dict[str, Any]:
    """The crawler as the API has it, whose schedule is the expression itself, and without tags."""
    settings = {name: value for name, value in model.items() if name not in ("Schedule", "Tags") and value is not None}
    if expression := (model.get("Schedule") or {}).get("ScheduleExpression"):
        settings["Schedule"] = expression
    if operation == "CreateCrawler":  # which takes no empty ones
        settings = {name: value for name, value in settings.items() if value not in ("", [])}
    return as_request(settings, glue.meta.service_model.operation_model(operation).input_shape)


def _succeeded(model: Any) -> ProgressEvent:
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _in_progress(model: Any) -> ProgressEvent:
    return ProgressEvent(OperationStatus.IN_PROGRESS, resource_model=model, custom_context={})


def _failed(model: Any, message: str) -> ProgressEvent:
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=message)
