"""The columns of each type of app event, as the flattened rows in raw have them.

They follow the contracts in `services/event_contracts`, which are not there where the jobs run; a test compares both.
"""

from amp_spark.columns import Column, optional

COMMON = (
    Column("event_id"),
    Column("event_type"),
    Column("event_time", "timestamp"),
    Column("schema_version", "int"),
    Column("user_id"),
    Column("session_id"),
    Column("device_platform"),
    Column("device_os_version"),
    Column("device_app_version"),
)
# Of the backend, and of what happens outside the app.
_NO_SESSION = tuple(optional("session_id") if column.name == "session_id" else column for column in COMMON)

_SHOW = Column("show_id")
_ANY_SHOW = optional("show_id")
_FOLLOW = (*COMMON, Column("followed_kind"), Column("followed_id"), Column("source"))
_PLAYBACK = (*COMMON, _SHOW, Column("playback_id"), Column("is_live", "boolean"))
_NOTIFICATION = (*_NO_SESSION, Column("notification_id"), Column("action"), Column("channel"))
_PROMOTION = (*COMMON, Column("promotion_id"), _SHOW, Column("placement"))

EVENTS: dict[str, tuple[Column, ...]] = {
    "activity_update": (*COMMON, Column("activity"), _ANY_SHOW, Column("visibility")),
    "button_clicked": (*COMMON, Column("screen"), Column("button"), _ANY_SHOW),
    "call_in_requested": (*COMMON, _SHOW, Column("topic"), Column("queue_position", "int")),
    "chat_message": (*COMMON, _SHOW, Column("message_id"), Column("text"), optional("reply_to")),
    "co_host_joined": (*COMMON, _SHOW, Column("invited_by"), Column("co_host_count", "int")),
    "follow_created": _FOLLOW,
    "follow_removed": _FOLLOW,
    "like_sent": (*COMMON, _SHOW, Column("likes", "int")),
    "listener_count": (*_NO_SESSION, _SHOW, Column("listener_count", "int"), Column("peak_listener_count", "int")),
    "notification_creator": (*_NOTIFICATION, Column("creator_id"), _ANY_SHOW, Column("reason")),
    "notification_friend": (*_NOTIFICATION, Column("friend_id"), _ANY_SHOW, Column("reason")),
    "notification_show": (*_NOTIFICATION, _SHOW, Column("reason")),
    "playback_heartbeat": (
        *_PLAYBACK,
        Column("position_seconds", "int"),
        Column("bitrate_kbps", "int"),
        Column("buffering_ms", "int"),
    ),
    "playback_started": (*_PLAYBACK, Column("source"), Column("startup_ms", "int")),
    "playback_stopped": (
        *_PLAYBACK,
        Column("listened_seconds", "int"),
        Column("reason"),
        Column("rebuffer_count", "int"),
    ),
    "poll_voted": (*COMMON, _SHOW, Column("poll_id"), Column("option_index", "int"), Column("option_count", "int")),
    "promotion_clicked": _PROMOTION,
    "promotion_shown": (*_PROMOTION, Column("variant")),
    "screen_viewed": (*COMMON, Column("screen"), optional("previous_screen"), _ANY_SHOW),
    "search_performed": (*COMMON, Column("query"), Column("result_count", "int"), optional("clicked_show_id")),
    "session_ended": (*COMMON, Column("duration_seconds", "int"), Column("screens_viewed", "int"), Column("reason")),
    "session_started": (*COMMON, Column("launch"), Column("network"), Column("language"), Column("timezone")),
}

ALL: tuple[Column, ...] = tuple(
    {column.name: optional(column.name, column.kind) for columns in EVENTS.values() for column in columns}.values()
)
"""The columns of all types together; a name has the same type everywhere."""


def table_name(event_type: str) -> str:
    """The table of a type of event."""
    return f"events_{event_type}"
