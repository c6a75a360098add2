"""Whether the data keys are where the log says: what only the operators' own machine can tell, beside the archive."""

from __future__ import annotations

from graphmail.evidence.personal.data_key import key_file, unfinished
from graphmail.evidence.seal.examine import Finding
from graphmail.evidence.seal.history import LoggedDataKey
from graphmail.state import StateFolder, state_root


def kept_keys(found: Finding) -> tuple[list[str], list[str]]:
    """What to say of the customers' data keys, and what is wrong with them.

    Where the customer has no state folder, as at an auditor's, the private halves are not looked for. The sandbox's
    state is thrown away, and several may share an archive, so there none of this is a fault: a run logs a key that it
    does not find as dropped.
    """
    told: list[str] = []
    faults: list[str] = []
    elsewhere = 0
    for key in found.data_keys:
        state = StateFolder(state_root(), key.customer)
        there = key_file(state, found.origin, key.id).is_file()
        half = [path.name for path in unfinished(state, found.origin, key.id)]
        if key.dropped:
            told.append(_dropped(key))
        if found.environment == "sandbox":
            pass
        elif key.destroyed and there:
            what = f"data key {key.id[:16]} was destroyed, and is there again: from a backup? Destroy that too"
            faults.append(f"{key.customer}: {what}")
        elif key.destroyed and half:
            what = f"data key {key.id[:16]} was destroyed, and {half[0]} may still hold it"
            faults.append(f"{key.customer}: {what}: the customer's next run destroys that too, and so does `drop`")
        elif not key.dropped and not there and state.path.is_dir():
            what = f"data key {key.id[:16]} is not there, and the log does not say that it was dropped"
            faults.append(f"{key.customer}: {what}")
        elsewhere += not key.dropped and not there
    if elsewhere:
        told.append(f"data keys that are not on this machine: {elsewhere}")
    return told, faults


def _dropped(key: LoggedDataKey) -> str:
    entry = key.dropped or {}
    if not key.destroyed:
        return f"{key.customer}: personal data is being dropped since {entry['at']}; `drop` again finishes it"
    by = f"{entry['user']} on {entry['host']}" if entry["user"] else "nobody"
    return f"{key.customer}: personal data dropped on {entry['at']} by {by}: {entry['reason']}"
