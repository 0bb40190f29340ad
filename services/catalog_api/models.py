"""What the catalogue service knows, and what of it an export carries.

**Left out:** limits on the length of texts; and whether the ids inside a document exist.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")


def as_moment(value: str) -> str:
    """Check an RFC 3339 time and return it in UTC with milliseconds, the form in which times are kept and compared."""
    if not _MOMENT.fullmatch(value):
        raise ValueError("must be an RFC 3339 time, such as 2026-11-22T10:00:00.000Z")
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a time that exists") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_text(value: str) -> str:
    """Check that a text can be written as UTF-8: JSON can hold half a surrogate pair, which can not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be text that UTF-8 can hold") from None
    return value


Text = Annotated[str, AfterValidator(as_text)]
ShowId = Annotated[str, StringConstraints(pattern=r"^show_[0-9A-Za-z_-]{1,40}$")]
CreatorId = Annotated[str, StringConstraints(pattern=r"^creator_[0-9A-Za-z_-]{1,40}$")]
UserId = Annotated[str, StringConstraints(pattern=r"^user_[0-9A-Za-z_-]{1,40}$")]
Moment = Annotated[str, AfterValidator(as_moment), Field(json_schema_extra={"format": "date-time"})]
Version = Annotated[int, Field(ge=1, le=2**53 - 1)]


class Part(BaseModel):
    """Unknown members are refused, and nothing is converted: the number "3" is not 3."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ShowCreator(Part):
    """The creator, as part of a show."""

    creator_id: CreatorId
    display_name: Text
    verified: bool = False
    email: Text | None = Field(default=None, description="Internal.")


class Schedule(Part):
    """When a show is on air."""

    starts_at: Moment
    ends_at: Moment | None = None
    timezone: Text | None = None
    recurrence: Text | None = None


class Promotion(Part):
    """How a show is promoted."""

    promotion_id: Text
    kind: Text
    starts_at: Moment
    ends_at: Moment | None = None


class Settings(Part):
    """What listeners may do during a show."""

    chat_enabled: bool | None = None
    polls_enabled: bool | None = None
    max_co_hosts: Annotated[int, Field(ge=0, le=1000)] | None = None


class Document(Part):
    """What all documents have. The service gives both members; a PUT that sends `version` means the one it replaces."""

    updated_at: Moment | None = Field(default=None, description="Given by the service; what a PUT sends is replaced.")
    version: Version | None = Field(default=None, description="In a PUT: the version that this one is to replace.")


class Show(Document):
    """A live-radio show."""

    show_id: ShowId
    title: Text
    description: Text | None = None
    status: Literal["scheduled", "live", "ended", "cancelled"]
    creator: ShowCreator
    category: Text | None = None
    tags: list[Text] = []
    language: Text | None = None
    schedule: Schedule | None = None
    promotion: Promotion | None = None
    settings: Settings | None = None
    artwork_url: Text | None = None
    internal_notes: Text | None = Field(default=None, description="Internal.")
    contract_terms: Text | None = Field(default=None, description="Internal.")


class Creator(Document):
    """Someone who makes shows."""

    creator_id: CreatorId
    user_id: UserId | None = None
    display_name: Text
    verified: bool = False
    email: Text | None = Field(default=None, description="Internal.")
    bio: Text | None = None
    category: Text | None = None
    language: Text | None = None
    country: Text | None = None
    timezone: Text | None = None
    created_at: Moment | None = None


class User(Document):
    """An account of the app."""

    user_id: UserId
    display_name: Text
    email: Text | None = Field(default=None, description="Internal.")
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    country: Text | None = None
    timezone: Text | None = None
    language: Text | None = None
    favourite_categories: list[Text] = []
    followed_creators: list[CreatorId] = []
    is_creator: bool = False
    created_at: Moment | None = None


class ShowPage(BaseModel):
    """Some shows, by id."""

    items: list[Show]
    next_cursor: str | None


class CreatorPage(BaseModel):
    """Some creators, by id."""

    items: list[Creator]
    next_cursor: str | None


class UserPage(BaseModel):
    """Some users, by id."""

    items: list[User]
    next_cursor: str | None


class LineError(BaseModel):
    """A line that was not imported."""

    line: int = Field(description="Counted from 1, blank lines included.")
    problem: str


class ImportReport(BaseModel):
    """What became of the lines of an import."""

    imported: int
    unchanged: int = Field(description="Known already, with the same content.")
    failed: int
    errors: list[LineError] = Field(description="The first hundred.")


class Health(BaseModel):
    """The service answers, and its database too."""

    status: Literal["ok"]


Kind = Literal["show", "creator", "user"]
MODELS: Mapping[Kind, type[Document]] = {"show": Show, "creator": Creator, "user": User}

# An allow-list: internal members and e-mail addresses never leave in an export, and a new member does not either until
# it is listed. What else says something about a person (display name, birth year, country) is what profiles are for.
EXPORTED: Mapping[Kind, Mapping[str, Any]] = {
    "show": {
        **dict.fromkeys(("show_id", "title", "description", "status"), True),
        "creator": dict.fromkeys(("creator_id", "display_name", "verified"), True),
        **dict.fromkeys(("category", "tags", "language"), True),
        "schedule": dict.fromkeys(("starts_at", "ends_at", "timezone", "recurrence"), True),
        "promotion": dict.fromkeys(("promotion_id", "kind", "starts_at", "ends_at"), True),
        "settings": dict.fromkeys(("chat_enabled", "polls_enabled", "max_co_hosts"), True),
        **dict.fromkeys(("artwork_url", "updated_at", "version"), True),
    },
    "creator": dict.fromkeys(
        (
            *("creator_id", "user_id", "display_name", "verified", "bio", "category", "language", "country"),
            *("timezone", "created_at", "updated_at", "version"),
        ),
        True,
    ),
    "user": dict.fromkeys(
        (
            *("user_id", "display_name", "birth_year", "country", "timezone", "language", "favourite_categories"),
            *("followed_creators", "is_creator", "created_at", "updated_at", "version"),
        ),
        True,
    ),
}


def exported(document: Mapping[str, Any], allowed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a document an export may carry."""
    return {
        name: exported(document[name], inner)
        if isinstance(inner, Mapping) and document[name] is not None
        else document[name]
        for name, inner in allowed.items()
        if name in document
    }
