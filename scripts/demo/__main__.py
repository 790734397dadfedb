"""Serves the demo home until Ctrl-C; scripts/develop makes the environment and starts this."""

import argparse
import asyncio
import contextlib
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
import shutil
import signal
import sys

from .client import Client
from .custom_components.demo_home.diary import ANNA, JAN
from .furnish import SLIDERS, ZONE, configure, create_login, furnish
from .house_past import STATES_SINCE, house_past
from .people import readings
from .people_past import people_past
from .recorder import write_past
from .server import REPOSITORY, RESTART_EXIT_CODE, Server, ServerError, add_owner
from .twins import DASHBOARD, fill, make_dashboard

USERNAME = PASSWORD = "demo"  # noqa: S105 - it is printed for everybody to read
FURNISHED = ".furnished"


def main() -> int:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(
        prog="scripts/develop", description="Serve Home Assistant with a furnished demo home."
    )
    parser.add_argument("--port", type=int, default=8123, help="port to serve on (8123)")
    parser.add_argument("--fresh", action="store_true", help="forget everything and start over")
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPOSITORY / ".demo",
        help="where its configuration is kept (.demo)",
    )
    options = parser.parse_args()
    try:
        return asyncio.run(serve(options.folder.resolve(), options.port, fresh=options.fresh))
    except ServerError as error:
        print(f"develop: {error}", file=sys.stderr)
        return 1


async def serve(folder: Path, port: int, *, fresh: bool) -> int:
    """Serve until Ctrl-C; start again after a restart from the frontend."""
    # A home that was left half furnished is no home.
    if fresh or not (folder / FURNISHED).exists():
        shutil.rmtree(folder, ignore_errors=True)
    configure(folder)
    stopped = asyncio.Event()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    while not stopped.is_set():
        server = Server(folder, port)
        code = await _serve_once(server, stopped)
        if code != RESTART_EXIT_CODE:
            return code
    return 0


async def _serve_once(server: Server, stopped: asyncio.Event) -> int:
    """Serve until the process ends or is stopped; return its exit code."""
    working = asyncio.create_task(_work(server))
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else 0
    finally:
        for task in (working, stopping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await server.stop()


async def _work(server: Server) -> int:
    if (server.folder / FURNISHED).exists():
        await server.start()
        await make_ready(server)
    else:
        print("develop: furnishing the demo home, which takes half a minute", flush=True)
        await furnish_all(server)
        (server.folder / FURNISHED).touch()
    print(
        f"\n  Digital Twin's demo home:  http://localhost:{server.port}/{DASHBOARD}\n"
        "  On this machine you are Anna, an administrator, without a password. From elsewhere,\n"
        f"  or as Jan, an ordinary user, log in as {USERNAME} or jan; the password is {PASSWORD}.\n"
        "  The dashboard 'Try it' lets things happen in the house. Ctrl-C stops.\n",
        flush=True,
    )
    return await server.wait()


async def make_ready(server: Server) -> None:
    """Wait until everything is there that the dashboard shows, and make the dashboard."""
    async with await Client.log_in_as_owner(server) as client:
        await client.wait_until_running()
        await make_dashboard(client)


async def furnish_all(server: Server) -> None:
    """Write the past, start the server, build the house and fill the twins."""
    now = datetime.now(UTC)
    add_owner(server.folder, "Anna")
    configure(server.folder)
    await asyncio.to_thread(_remember, server.folder, now)
    await server.start()
    async with await Client.log_in_as_owner(server) as client:
        await client.wait_until_running()
        owner = (await client.command("auth/current_user"))["id"]
        await create_login(client, owner, USERNAME, PASSWORD)
        await client.command("person/create", name="Anna", user_id=owner, device_trackers=[])
        await furnish(client, PASSWORD, now.astimezone(ZONE).date())
        await fill(client, server.folder, now)
        await make_dashboard(client)


def _remember(folder: Path, now: datetime) -> None:
    """Write what the recorder would have kept until now."""
    past = {"Anna": readings(ANNA, now, ZONE), "Jan": readings(JAN, now, ZONE)}
    entities = chain(house_past(now, ZONE, SLIDERS), people_past(past, now))
    write_past(folder, entities, now - STATES_SINCE, now)


if __name__ == "__main__":
    sys.exit(main())
