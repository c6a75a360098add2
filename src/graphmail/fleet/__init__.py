"""The fleet report: every customer by what is proved of it, what is unknown, how long things take. From evidence."""

from graphmail.fleet.fleet import Fleet
from graphmail.fleet.outputs import write_all

__all__ = ["Fleet", "write_all"]
