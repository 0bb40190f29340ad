"""The columns of catalogue changes in raw, and of the catalogue service's snapshots.

They follow `services/show_flattener` and what `services/catalog_api` exports; a test compares them.
"""

from amp_spark.columns import Column, optional

CHANGES: tuple[Column, ...] = (
    Column("change_id"),
    Column("change_type"),
    Column("changed_at", "timestamp"),
    Column("ingested_at", "timestamp"),
    Column("show_id"),
    optional("title"),
    optional("description"),
    optional("status"),
    optional("creator_id"),
    optional("creator_display_name"),
    optional("creator_verified", "boolean"),
    optional("category"),
    optional("tags", "strings"),
    optional("language"),
    optional("schedule_starts_at", "timestamp"),
    optional("schedule_ends_at", "timestamp"),
    optional("schedule_timezone"),
    optional("schedule_recurrence"),
    optional("promotion_id"),
    optional("promotion_kind"),
    optional("promotion_starts_at", "timestamp"),
    optional("promotion_ends_at", "timestamp"),
    optional("settings_chat_enabled", "boolean"),
    optional("settings_polls_enabled", "boolean"),
    optional("settings_max_co_hosts", "int"),
    optional("artwork_url"),
    optional("updated_at", "timestamp"),
    optional("version", "bigint"),
)

CREATORS: tuple[Column, ...] = (
    Column("creator_id"),
    optional("user_id"),
    Column("display_name"),
    optional("verified", "boolean"),
    optional("bio"),
    optional("category"),
    optional("language"),
    optional("country"),
    optional("timezone"),
    optional("created_at", "timestamp"),
    optional("updated_at", "timestamp"),
    optional("version", "bigint"),
)

USERS: tuple[Column, ...] = (
    Column("user_id"),
    Column("display_name"),
    optional("birth_year", "int"),
    optional("country"),
    optional("timezone"),
    optional("language"),
    optional("favourite_categories", "strings"),
    optional("followed_creators", "strings"),
    optional("is_creator", "boolean"),
    optional("created_at", "timestamp"),
    optional("updated_at", "timestamp"),
    optional("version", "bigint"),
)
