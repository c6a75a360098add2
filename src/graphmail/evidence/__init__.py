"""What a run leaves behind: checks and records, one folder for each run, sealed as a BagIt bag, and pages to read."""

from graphmail.evidence.archive import NotSealed, latest_record, runs, verify
from graphmail.evidence.bag import BagError
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.record import RECORD_TYPE, Check, Environment, Record, Subject, Verdict
from graphmail.evidence.run import Outcome, Run, new_run_id
from graphmail.evidence.steps import HttpCall, Step

__all__ = [
    "RECORD_TYPE",
    "BagError",
    "Check",
    "Environment",
    "EvidenceError",
    "HttpCall",
    "NotSealed",
    "Outcome",
    "Record",
    "Run",
    "Step",
    "Subject",
    "Verdict",
    "latest_record",
    "new_run_id",
    "runs",
    "verify",
]
