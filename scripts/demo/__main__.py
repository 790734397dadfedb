"""Serves the demo home until Ctrl-C; scripts/develop makes the environment and starts this."""

import argparse
import asyncio
import contextlib
from pathlib import Path
import shutil
import signal
import sys

from .client import Client
from .furnish import GOALS, configure, furnish
from .server import REPOSITORY, RESTART_EXIT_CODE, Server, ServerError
from .twins import fill

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
    await server.start()
    if not (server.folder / FURNISHED).exists():
        print("develop: furnishing the demo home", flush=True)
        await furnish_all(server)
        (server.folder / FURNISHED).touch()
    print(
        f"\n  Digital Twin's demo home:  http://localhost:{server.port}\n"
        f"  Log in as {USERNAME} / {PASSWORD} (Anna, administrator)"
        f" or jan / {PASSWORD} (Jan, an ordinary user).\n"
        "  The dashboard 'Try it' lets things happen in the house. Ctrl-C stops.\n",
        flush=True,
    )
    return await server.wait()


async def furnish_all(server: Server) -> None:
    """Build the house and fill the twins."""
    async with await Client.onboard(server, "Anna", USERNAME, PASSWORD) as client:
        await client.wait_until_running()
        await furnish(client, PASSWORD)
        await fill(client, server.folder / GOALS)


if __name__ == "__main__":
    sys.exit(main())
