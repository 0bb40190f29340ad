"""Glue's errors, one constructor each, named for what went wrong.

https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-exceptions.html
"""

from amp_sandbox.protocol import AwsError


def not_found(what: str) -> AwsError:
    """Nothing in the catalogue has this name; `what` is the kind and the name."""
    return AwsError("EntityNotFoundException", f"{what} not found.")


def already_exists(what: str) -> AwsError:
    """Something in the catalogue has this name already; `what` is the kind and the name."""
    return AwsError("AlreadyExistsException", f"{what} already exists.")


def invalid_input(message: str) -> AwsError:
    """A value that the operation does not take; the message names it and the rule."""
    return AwsError("InvalidInputException", message)


def concurrent_modification(table: str, given: str, current: int) -> AwsError:
    """UpdateTable was given a version of the table that is not the current one."""
    return AwsError(
        "ConcurrentModificationException",
        f"Update table failed due to concurrent modifications: {table} is at version {current}, not {given}.",
    )


def crawler_running(name: str) -> AwsError:
    """The crawler has to be READY for this."""
    return AwsError("CrawlerRunningException", f"Crawler with name {name} has already started.")


def crawler_not_running(name: str) -> AwsError:
    """StopCrawler was asked of a crawler that does not run."""
    return AwsError("CrawlerNotRunningException", f"Crawler with name {name} isn't running.")


def crawler_stopping(name: str) -> AwsError:
    """StopCrawler was asked twice."""
    return AwsError("CrawlerStoppingException", f"Crawler with name {name} is already stopping.")


def scheduler_running(name: str) -> AwsError:
    """The crawler's schedule is on already."""
    return AwsError("SchedulerRunningException", f"The schedule of the crawler {name} is already running.")


def scheduler_not_running(name: str) -> AwsError:
    """The crawler's schedule is off already."""
    return AwsError("SchedulerNotRunningException", f"The schedule of the crawler {name} is not running.")


def no_schedule(name: str) -> AwsError:
    """The crawler has no schedule to turn on."""
    return AwsError("NoScheduleException", f"The crawler {name} has no schedule.")
