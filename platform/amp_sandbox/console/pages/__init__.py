"""The sections of the console, in the order of the navigation: a module each, with its `SECTION`."""

from amp_sandbox.console.pages import flow_map
from amp_sandbox.console.site import Section

SECTIONS: tuple[Section, ...] = (flow_map.SECTION,)
