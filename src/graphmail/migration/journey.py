"""One call takes one step, or looks once whether it is over; what is waited for is stored before it is waited for."""

from __future__ import annotations

from graphmail.errors import TenantError
from graphmail.migration.progress import Progress, Progresses
from graphmail.migration.work import Done, Red, Work, is_red
from graphmail.pending import Pending, Wait
from graphmail.resource import Values
from graphmail.tenant import Tenant


class Journey:
    """The stored migration of one customer, as far as `progress` says."""

    def __init__(self, tenant: Tenant, params: Values, progress: Progress) -> None:
        self._tenant = tenant
        self._params = params
        self._progress = progress
        self._stored = Progresses(tenant.state)
        self._pending = Pending(tenant.state)

    def go_on(self) -> Values:
        """Take the next step. Raises what a step on the way back, or an outage, raises: the next run goes on there."""
        wait = self._progress.wait
        if wait and self._progress.step.hold and not self._params["stay"] and wait.until > self._tenant.clock.now():
            return self._said("held")
        if wait:
            self._tenant.clock.sleep((wait.next_probe - self._tenant.clock.now()).total_seconds())
        try:
            done = self._hold() if self._progress.step.hold else Work(self._tenant, self._params, self._progress).do()
            if done.missing:
                return self._again(done)
        except TenantError as error:
            return self._turn_back(error)
        return self._next(done)

    def _hold(self) -> Done:
        step, wait = self._progress.step, self._progress.wait
        over = wait is not None and self._tenant.clock.now() >= wait.until
        return Done("" if over else step.waits_for)

    def _again(self, done: Done) -> Values:
        """Not yet: wait for it, or give it up when its time is over."""
        step, now = self._progress.step, self._tenant.clock.now()
        # On the way back caches are as they were made to be, so more time is given.
        seconds = self._params[step.hold or ("max_wait" if self._progress.back else "patience")]
        wait = self._progress.wait
        if wait is None:
            reason = step.waits_for or f"the proof of step {step.name}"
            wait = Wait.begin(reason, f"migration {self._progress.before.client_id}", now, seconds)
        elif now >= wait.until:
            raise Red(f"Step {step.name} is not proved after {seconds} s", found=done.missing)
        self._keep(self._progress.waiting(wait.again(now, done.missing)))
        return self._said("waiting", done)

    def _turn_back(self, error: TenantError) -> Values:
        route = error.route if isinstance(error, Red) and error.route else self._progress.step.red
        if not is_red(error) or route is None:
            if self._progress.back and is_red(error):
                # The next run gives it as much time again.
                self._keep(self._progress.waiting(None))
                error = _not_back_yet(self._progress, error)
            raise error
        self._keep(self._progress.turned(route, str(error)))
        self._tenant.warn(f"The migration is red and goes back to the state before. {error}")
        return self._said("next")

    def _next(self, done: Done) -> Values:
        following = self._progress.next()
        if following:
            self._keep(following)
            return self._said("next", done)
        self._stored.clear()
        self._pending.clear()
        if self._progress.back:
            return self._said("rolled_back", done) | {"failed": True, "msg": _rolled_back(self._progress)}
        return self._said("done", done)

    def _keep(self, progress: Progress) -> None:
        self._progress = progress
        self._stored.write(progress)
        if progress.wait:
            # What the run's evidence and reports say.
            self._pending.write(progress.wait)
        else:
            self._pending.clear()

    def _said(self, status: str, done: Done | None = None) -> Values:
        return said(status, self._progress, done or Done())


def said(status: str, progress: Progress | None, done: Done) -> Values:
    """What the task returns; always the same keys."""
    wait = progress.wait if progress and status in ("waiting", "held") else None
    texts = {
        "nothing": "nothing to migrate",
        "done": "migrated: Exchange's roles alone let the app in, proved on both planes",
        "held": "the run may end here; run migrate.yml again then",
        "rolled_back": "the state before is back, and proved",
    }
    where = progress.text() if progress and status not in ("done", "rolled_back") else ""
    # A hold lacks nothing but the time that it waits for, which `where` says already.
    missing = "" if wait and wait.reason == done.missing else done.missing
    return {
        "changed": done.changed,
        "diff": {"before": done.before, "after": done.after},
        "status": status,
        "step": progress.name if progress and status not in ("done", "rolled_back") else "",
        "waiting_for": wait.reason if wait else "",
        "until": wait.until.isoformat() if wait else "",
        "msg": "; ".join(text for text in (where, texts.get(status, ""), missing) if text),
    }


def _rolled_back(progress: Progress) -> str:
    return str(
        TenantError(
            "The migration was red and is rolled back; the state before is back, and proved",
            found=progress.red,
            remedy="mend that, then run migrate.yml again",
        )
    )


def _not_back_yet(progress: Progress, error: TenantError) -> TenantError:
    return TenantError(
        f"The way back does not get past step {progress.name}: {error}",
        found=f"it went back because: {progress.red}",
        remedy="mend what is named, then run migrate.yml again: it goes on there",
    )
