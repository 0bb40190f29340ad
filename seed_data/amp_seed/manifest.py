"""What has been told, counted: the truth that reports and audits can be held against.

Everything planted on purpose is here by name: late events, events published twice, and how much promotions lift
engagement.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from amp_seed.changes import CatalogChange
from amp_seed.sessions import BASE_PLAY_RATE
from amp_seed.stream import DUPLICATE_SHARE, LATE_SHARE, AppEvent
from amp_seed.world import PROMOTION_LIFT, World


@dataclass(slots=True)
class Manifest:
    """Counts of the rows of one or more streams of one world. Events are counted by id: a copy is only a duplicate."""

    world: World
    _by_type: Counter[str] = field(default_factory=Counter)
    _late: int = 0
    _duplicates: int = 0
    _changes: Counter[str] = field(default_factory=Counter)
    _exposures: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add_event(self, row: AppEvent) -> None:
        """Count one row."""
        if row.is_duplicate:
            self._duplicates += 1
            return
        event_type = row.event["event_type"]
        self._by_type[event_type] += 1
        self._late += row.is_late
        if row.exposure:
            self._exposures[row.exposure.kind, row.exposure.variant, event_type] += 1

    def add_change(self, change: CatalogChange) -> None:
        """Count one catalogue change."""
        self._changes[change.message["change_type"]] += 1

    def facts(self) -> dict[str, Any]:
        """Return what was counted, ready to be written as JSON."""
        config = self.world.config
        distinct = self._by_type.total()
        return {
            "world": {
                "seed": config.seed,
                "start": config.start.isoformat(),
                "days": config.days,
                "creators": config.creators,
                "shows": config.shows,
                "listeners": config.listeners,
            },
            "app_events": {
                "rows": distinct + self._duplicates,
                "distinct": distinct,
                "late": self._late,
                "duplicates": self._duplicates,
                "late_share_planned": LATE_SHARE,
                "duplicate_share_planned": DUPLICATE_SHARE,
                "by_type": dict(sorted(self._by_type.items())),
            },
            "catalog_changes": {"rows": self._changes.total(), "by_type": dict(sorted(self._changes.items()))},
            "promotions": {
                "play_rate_planned": BASE_PLAY_RATE,
                "kinds": {kind: self._promotion(kind) for kind in sorted(PROMOTION_LIFT)},
            },
        }

    def _promotion(self, kind: str) -> dict[str, Any]:
        seen = {
            variant: {
                "sessions": self._exposures[kind, variant, "promotion_shown"],
                "played": self._exposures[kind, variant, "playback_started"],
            }
            for variant in ("treatment", "holdout")
        }
        rates = {
            variant: told["played"] / told["sessions"] if told["sessions"] else 0.0 for variant, told in seen.items()
        }
        measured = round(rates["treatment"] / rates["holdout"], 3) if rates["holdout"] else None
        return {"lift_planned": PROMOTION_LIFT[kind], "lift_told": measured, **seen}
