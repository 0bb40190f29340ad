"""What differs between two states of a resource; plain values, without LocalStack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class TagChange:
    """Tags to set, and keys of tags to remove."""

    set: dict[str, str]
    removed: list[str]

    @property
    def as_list(self) -> list[dict[str, str]]:
        """The tags to set, in the form most services take them."""
        return [{"Key": key, "Value": value} for key, value in self.set.items()]


def tag_change(before: Properties, after: Properties) -> TagChange:
    """How to come from one state's `Tags` to the other's."""
    old, new = tags_of(before), tags_of(after)
    return TagChange(
        set={key: value for key, value in new.items() if old.get(key) != value},
        removed=[key for key in old if key not in new],
    )


def tags_of(properties: Properties) -> dict[str, str]:
    """A state's `Tags` as a mapping."""
    listed: Sequence[Mapping[str, str]] = properties.get("Tags") or []
    return {tag["Key"]: tag["Value"] for tag in listed}


def changed(before: Properties, after: Properties, *names: str) -> bool:
    """Whether any of some properties differs, absent ones included."""
    return any(before.get(name) != after.get(name) for name in names)


def unknown(properties: Properties, known: Sequence[str]) -> list[str]:
    """The properties that are not among the known ones."""
    return sorted(set(properties) - set(known))
