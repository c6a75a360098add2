"""A headless Chromium that a test drives as a person would: opens pages, types, clicks; and what it noticed.

Spoken to in the DevTools protocol over a pipe (chromedevtools.github.io/devtools-protocol), so nothing is in the page.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 90  # seconds; a shared machine can be slow
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)


class Chromium:
    """One tab. `requests` are the addresses the page asked for, `complaints` console, errors, dialogs and blocks."""

    def __init__(self, name: str, profile: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]

        def connect() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen(
            [name, *_FLAGS, f"--user-data-dir={profile}"],
            preexec_fn=connect,
            pass_fds=(3, 4),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self._loaded = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime", "DOM"):
            self.ask(f"{domain}.enable")

    def open(self, url: str) -> str:
        """Load a page and return its document."""
        return self._loading(lambda: self.ask("Page.navigate", url=url))

    def click(self, selector: str) -> str:
        """Click what leads to another page, and return that."""
        return self._loading(lambda: self.press(selector))

    def press(self, selector: str) -> None:
        """Click what does something in this page."""
        node = self._node(selector)
        self.ask("DOM.scrollIntoViewIfNeeded", nodeId=node)
        corners = self.ask("DOM.getBoxModel", nodeId=node)["model"]["content"]
        x, y = (corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2
        at = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **at)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **at)

    def value(self, expression: str) -> Any:
        """What an expression is worth in the page; not where script is off."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def type(self, selector: str, text: str) -> None:
        """Put a text into a field."""
        self.ask("DOM.setAttributeValue", nodeId=self._node(selector), name="value", value="")
        self.ask("DOM.focus", nodeId=self._node(selector))
        self.ask("Input.insertText", text=text)

    def unfold(self, selector: str) -> None:
        self.ask("DOM.setAttributeValue", nodeId=self._node(selector), name="open", value="")

    def without_script(self) -> None:
        """Switch JavaScript off."""
        self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def count(self, selector: str) -> int:
        """Tell how many elements fit."""
        return len(self.ask("DOM.querySelectorAll", nodeId=self._root(), selector=selector)["nodeIds"])

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        number = self._number
        command = {"id": number, "method": method, "params": params}
        command |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(command).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, (method, told["error"])
                return dict(told["result"])

    def _loading(self, act: Callable[[], object]) -> str:
        before = self._loaded
        act()
        while self._loaded == before:
            self._next()
        return str(self.ask("DOM.getOuterHTML", nodeId=self._root())["outerHTML"])

    def _root(self) -> int:
        return int(self.ask("DOM.getDocument", depth=0)["root"]["nodeId"])

    def _node(self, selector: str) -> int:
        found = int(self.ask("DOM.querySelector", nodeId=self._root(), selector=selector)["nodeId"])
        assert found, f"nothing fits {selector}"
        return found

    def _next(self) -> dict[str, Any]:
        """Read one answer or event, and remember what it tells."""
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            assert select.select([self._in], [], [], max(0, deadline - time.monotonic()))[0], "Chromium says nothing"
            read = os.read(self._in, 1 << 16)
            assert read, "Chromium ended"
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        match told.get("method"):
            case "Page.loadEventFired":
                self._loaded += 1
            case "Network.requestWillBeSent":
                self.requests.append(told["params"]["request"]["url"])
            case "Log.entryAdded" | "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told["params"]))
            case "Page.javascriptDialogOpening":
                self.complaints.append(json.dumps(told["params"]))
                raise AssertionError(f"a script ran: {told['params']}")
        return told
