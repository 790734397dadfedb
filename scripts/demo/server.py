"""A Home Assistant process with a configuration folder of its own."""

import asyncio
from collections.abc import Sequence
import contextlib
from http import HTTPStatus
import json
import os
from pathlib import Path
import re
import signal
import socket
import sys
from typing import IO
from uuid import uuid4

import aiohttp

REPOSITORY = Path(__file__).parents[2]
INTEGRATION = REPOSITORY / "custom_components" / "digital_twin"
START_TIMEOUT = 240.0
STOP_TIMEOUT = 60.0
RESTART_EXIT_CODE = 100
# Onboarding then asks for the user only; its other steps would add integrations from the internet.
_ONBOARDED = ("core_config", "integration", "analytics")
_ONBOARDING = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": [*_ONBOARDED]},
}


# As little as the API needs, so that a start takes a few seconds; more may be added to the logs.
# `allowed` is a list of folders.
SMALL_CONFIGURATION = """
homeassistant:
  name: {name}
  latitude: 52.2
  longitude: 21.0
  country: PL
  time_zone: Europe/Warsaw
  unit_system: metric
  allowlist_external_dirs: {allowed}
api:
auth:
config:
onboarding:
person:
  - id: jan
    name: Jan
websocket_api:
logger:
  default: error
  logs:
    haffmpeg: critical
    homeassistant.components.camera.img_util: critical
"""


# aiohttp logs requests that are none of HTTP by itself.
_LOGGED_ERROR = re.compile(r" (ERROR|CRITICAL) (?!\(MainThread\) \[aiohttp\.server\])")


class ServerError(Exception):
    """Home Assistant did not start, or ended unexpectedly."""


def free_port() -> int:
    """Return a free TCP port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def logged_errors(log: Path) -> list[str]:
    """Return the lines of a log that tell of an error."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if _LOGGED_ERROR.search(line)]


def prepare(folder: Path, configuration: str, components: Sequence[Path] = (INTEGRATION,)) -> None:
    """Make a configuration folder in which only the first user is missing.

    Args:
        folder: Where; made when it does not exist.
        configuration: The text of configuration.yaml.
        components: Folders of custom integrations, linked so that a change is there at once.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(configuration, encoding="utf-8")
    if not (storage / "onboarding").exists():
        (storage / "onboarding").write_text(json.dumps(_ONBOARDING), encoding="utf-8")
    custom = folder / "custom_components"
    custom.mkdir(exist_ok=True)
    for component in components:
        link = custom / component.name
        if link.is_symlink():
            link.unlink()
        link.symlink_to(component, target_is_directory=True)


def add_owner(folder: Path, name: str) -> None:
    """Make the first user, who has no password yet, in a folder that is about to be prepared.

    Onboarding would make one whose id is known only afterwards.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    user = {
        "id": uuid4().hex,
        "group_ids": ["system-admin"],
        "is_owner": True,
        "is_active": True,
        "name": name,
        "system_generated": False,
        "local_only": False,
    }
    groups = [{"id": f"system-{group}"} for group in ("admin", "users", "read-only")]
    data: dict[str, object] = {"users": [user], "groups": groups}
    auth = {"version": 1, "key": "auth", "data": data | {"credentials": [], "refresh_tokens": []}}
    (storage / "auth").write_text(json.dumps(auth), encoding="utf-8")
    done = {**_ONBOARDING, "data": {"done": [*_ONBOARDED, "user"]}}
    (storage / "onboarding").write_text(json.dumps(done), encoding="utf-8")


def keep_port(folder: Path, port: int) -> None:
    """Let a folder that was served before be served on a port: the first one is remembered."""
    file = folder / ".storage" / "http"
    if file.exists():
        stored = json.loads(file.read_text(encoding="utf-8"))
        stored["data"]["stable"]["server_port"] = port
        file.write_text(json.dumps(stored), encoding="utf-8")


class Server:
    """One Home Assistant process.

    Args:
        folder: Its configuration folder.
        port: The port it serves on.
        output: Where its output goes; nothing means the terminal.
    """

    def __init__(self, folder: Path, port: int, output: IO[bytes] | None = None) -> None:
        self.folder = folder
        self.port = port
        self._output = output
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The address of the frontend and the API."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start the process and return when its HTTP server answers.

        Raises:
            ServerError: It ended, or was not there in time.
        """
        keep_port(self.folder, self.port)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "homeassistant",
            "--config",
            str(self.folder),
            "--skip-pip",
            # Here its own custom_components is the only one that Python finds.
            cwd=self.folder,
            env={**os.environ, "SETUP_PORT": str(self.port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            # A Ctrl-C in the terminal is for the caller, which then stops this process in order.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self._wait_until_it_answers()
        except TimeoutError as error:
            await self.kill()
            msg = f"Home Assistant in {self.folder} does not answer on port {self.port}"
            raise ServerError(msg) from error

    async def _wait_until_it_answers(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if self._process is None or self._process.returncode is not None:
                    raise ServerError(f"Home Assistant in {self.folder} ended while starting")
                with contextlib.suppress(aiohttp.ClientError):
                    # Answered without a login, before onboarding (with a refusal) and after.
                    async with session.get(f"{self.url}/auth/providers") as answer:
                        if answer.status != HTTPStatus.NOT_FOUND:
                            return
                await asyncio.sleep(0.1)

    async def wait(self) -> int:
        """Wait until the process ends and return its exit code."""
        if self._process is None:
            return 0
        return await self._process.wait()

    async def stop(self) -> None:
        """Stop with SIGTERM: Home Assistant saves everything."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Stop with SIGKILL: nothing is saved any more."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT)
            except TimeoutError:
                process.kill()
                await process.wait()
        self._process = None
