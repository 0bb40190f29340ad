"""The sections of the console, in the order of the navigation: a module each, with its `SECTION`."""

from amp_sandbox.console.pages import audit, dead_letters, flow_map, logs, reports, runs, trace
from amp_sandbox.console.site import Section

SECTIONS: tuple[Section, ...] = (
    flow_map.SECTION,
    reports.SECTION,
    trace.SECTION,
    dead_letters.SECTION,
    runs.SECTION,
    audit.SECTION,
    logs.SECTION,
)
