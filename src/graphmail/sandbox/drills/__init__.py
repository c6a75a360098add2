"""Named fault drills: misbehaviour that was seen at the real services, planned for one tenant, seeded and replayable.

`catalogue()` tells what there is, `plan` and `forget` switch them, `planned` tells what is planned and what struck.
"""

from graphmail.sandbox.drills.catalogue import DRILLS, catalogue
from graphmail.sandbox.drills.drill import Drill
from graphmail.sandbox.drills.lag import change_delays
from graphmail.sandbox.drills.schedule import DrillRefusedError, forget, plan, planned

__all__ = ["DRILLS", "Drill", "DrillRefusedError", "catalogue", "change_delays", "forget", "plan", "planned"]
