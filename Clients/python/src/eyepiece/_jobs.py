"""Work that goes on without its client: a job of one image, a batch of many."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Optional

from ._arrays import Array, Path, download, fetch, read_npy, write_npy
from ._errors import EyepieceError, Problem
from ._field import Field
from ._progress import Progress, reporter
from ._transport import Answer

if TYPE_CHECKING:
    from ._client import Client

# Seconds of one question that waits for the end; the server's longest is 60.
LONG_WAIT = 30


class Job:
    """One image's work, which survives its client and the server.

    What the server had at hand it has answered at once: such a job has ended, has no `id`, and keeps
    its answer here.
    """

    def __init__(
        self, client: "Client", info: dict[str, Any], answer: Optional[Answer] = None
    ) -> None:
        self.client = client
        # What the server tells (docs/jobs.md).
        self.info = info
        self._answer = answer

    def __repr__(self) -> str:
        return f"<Job {self.id or 'answered at once'} {self.name or ''} {self.state}>"

    @property
    def id(self) -> str:
        return str(self.info.get("id", ""))

    @property
    def path(self) -> str:
        return f"/jobs/{self.id}"

    @property
    def state(self) -> str:
        """`waiting`, `running`, `done`, `failed`, `cancelled` or `expired`."""
        return str(self.info["state"])

    @property
    def name(self) -> Optional[str]:
        """The client's name for it, usually a file's."""
        return self.info.get("name")

    @property
    def has_ended(self) -> bool:
        return self.state not in ("waiting", "running")

    @property
    def progress(self) -> float:
        """The share of the model's blocks that are computed, 0 to 1."""
        if self.state == "done":
            return 1.0
        blocks = self.info.get("progress", {})
        return float(blocks.get("done", 0)) / max(1, int(blocks.get("of", 1)))

    @property
    def problem(self) -> Optional[Problem]:
        """Why it failed."""
        members = self.info.get("problem")
        return None if members is None else Problem(int(members["status"]), members)

    def refresh(self, wait: int = 0) -> bool:
        """Asks how far it is, for up to `wait` seconds (60 at most); whether it has ended."""
        if self.id:
            query = f"wait={wait}" if wait else ""
            self.info = json.loads(self.client.request("GET", self.path, query).body)
        return self.has_ended

    def wait(self, progress: Progress = False) -> "Job":
        """Waits until it is done; `progress` is True for a bar (with tqdm), or is told each state.

        Raises the `Problem` for which it failed. It goes on when the waiting is interrupted.
        """
        report, close = reporter(progress)
        with contextlib.ExitStack() as stack:
            stack.callback(close)
            while not self.has_ended:
                report({**self.info, "progress": self.progress, "secondsLeft": self.info.get("endsIn")})
                self.refresh(wait=1 if progress else LONG_WAIT)
            report({**self.info, "progress": 1.0})
        self._demand()
        return self

    def _demand(self) -> None:
        """Raises unless it is done."""
        if self.problem is not None:
            raise self.problem
        if self.state != "done":
            raise EyepieceError(f"the job {self.id} is {self.state}")

    def cancel(self) -> None:
        """Has it cancelled, or forgotten where it has ended."""
        if self.id:
            self.client.request("DELETE", self.path)

    # What it made.

    def _result(self) -> str:
        """The path of its answer, with its query."""
        self._demand()
        return str(self.info["result"]["path"])

    def answer(self) -> Answer:
        """Its answer, whole: that of a request that waits."""
        return self._answer or self.client.request("GET", self._result())

    def array(self, out: Optional[Path] = None) -> Array:
        """Its answer as an array, of `format="npy"`; with `out`, a file that is mapped."""
        if self._answer is None:
            return download(self.client.transport, self._result(), "", out)
        array = read_npy(self._answer.body)
        return array if out is None else write_npy(array, out)

    def field(self) -> Field:
        """The field that it made, or asked."""
        self._demand()
        return Field(self.client, json.loads(
            self.client.request("GET", f"/fields/{self.info['field']}").body))

    def save(self, path: Path) -> None:
        """Writes its answer to a file."""
        if self._answer is None:
            fetch(self.client.transport, self._result(), path)
            return
        with open(path, "wb") as file:
            file.write(self._answer.body)


class Batch:
    """The work of many images, taken together."""

    def __init__(self, client: "Client", info: dict[str, Any]) -> None:
        self.client = client
        # How many jobs are in which state.
        self.info = info

    def __repr__(self) -> str:
        return f"<Batch {self.id} {self.info['done']} of {len(self)} done>"

    def __len__(self) -> int:
        return int(self.info["total"])

    @property
    def id(self) -> str:
        return str(self.info["id"])

    @property
    def path(self) -> str:
        return f"/batches/{self.id}"

    @property
    def has_ended(self) -> bool:
        return bool(self.info["waiting"] + self.info["running"] == 0)

    @property
    def progress(self) -> float:
        """The share of its jobs that have ended, 0 to 1."""
        return 1 - float(self.info["waiting"] + self.info["running"]) / max(1, len(self))

    def refresh(self, wait: int = 0) -> bool:
        """Asks how far it is, for up to `wait` seconds (60 at most); whether all of it has ended."""
        query = f"wait={wait}" if wait else ""
        self.info = json.loads(self.client.request("GET", self.path, query).body)
        return self.has_ended

    def wait(self, progress: Progress = False) -> "Batch":
        """Waits until all of it has ended, whatever failed; it goes on when this is interrupted."""
        report, close = reporter(progress)
        with contextlib.ExitStack() as stack:
            stack.callback(close)
            while not self.has_ended:
                report({**self.info, "state": f"{self.info['done']} of {len(self)}",
                        "progress": self.progress, "secondsLeft": self.info.get("endsIn")})
                self.refresh(wait=1 if progress else LONG_WAIT)
            report({**self.info, "progress": 1.0})
        return self

    def jobs(self) -> Iterator[Job]:
        """Its jobs, in the order in which they were submitted."""
        for line in self.client.request("GET", f"{self.path}/jobs").body.splitlines():
            yield Job(self.client, json.loads(line))

    def problems(self) -> dict[str, Problem]:
        """Why jobs failed, by their names."""
        return {job.name or job.id: job.problem for job in self.jobs() if job.problem}

    def save(self, folder: Path) -> list[str]:
        """Writes the answers of what is done into a folder; their paths.

        A file that is there in its full length stays as it is, so that a call that was interrupted
        can be made again.
        """
        os.makedirs(folder, exist_ok=True)
        paths = []
        for line in self.client.request("GET", f"{self.path}/results", "format=ndjson").body.splitlines():
            entry = json.loads(line)
            if entry["state"] != "done" or not entry.get("file"):
                continue
            # A name that a server gives is none of a folder.
            path = os.path.join(os.fspath(folder), os.path.basename(entry["file"]))
            if not (os.path.exists(path) and os.path.getsize(path) == entry["bytes"]):
                fetch(self.client.transport, entry["path"], path)
            paths.append(path)
        return paths

    def cancel(self) -> None:
        """Has what has not ended cancelled, or all of it forgotten where it has."""
        self.client.request("DELETE", self.path)
