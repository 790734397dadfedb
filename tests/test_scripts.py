"""scripts/setup, run in a copy of its own with stand-ins for uv, pip, apt-get and Python."""

from pathlib import Path
import shutil
import subprocess

import pytest

REPOSITORY = Path(__file__).parents[1]
# The only real commands in its PATH, so that no uv and no Python of this machine is found.
TOOLS = "bash cat chmod cp cut dirname env grep head mkdir realpath sed sha256sum sort timeout tr"
REFUSED = "invalid peer certificate: UnknownIssuer"
NEW_PYTHON = 'case "$1" in --version) echo "Python 3.14.2";; esac'


class Setup:
    """A copy of the repository that holds what scripts/setup reads, and a PATH of stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands = folder / "commands"
        self.commands.mkdir()
        (folder / "scripts").mkdir()
        for name in ("scripts/setup", "scripts/private-python", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, folder / name)
        for tool in TOOLS.split():
            real = shutil.which(tool)
            assert real
            (self.commands / tool).symlink_to(real)

    def command(self, name: str, script: str, *, status: int = 0) -> None:
        path = self.commands / name
        path.write_text(f"#!/usr/bin/env bash\n{script}\nexit {status}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - the copy of our own script
            [self.folder / "scripts" / "setup"],
            env={
                "PATH": str(self.commands),
                "HOME": str(self.folder),
                "LOG": str(self.folder / "log"),
            }
            | environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


def test_a_refused_download_of_python_shows_its_own_error(setup: Setup) -> None:
    refuse = f'case "$2" in find) exit 1;; install) echo "{REFUSED}" >&2; exit 2;; esac'
    setup.command("uv", refuse, status=1)

    done = setup.run()

    assert done.returncode == 1
    assert REFUSED in done.stderr
    assert "failed with status 2: timeout 300" in done.stderr
    assert "private-python: no apt-get here" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("setup: failed with status 1: scripts/private")


def test_a_refused_package_list_of_the_distribution_shows_its_own_error(setup: Setup) -> None:
    setup.command("uv", "", status=1)
    setup.command("apt-get", 'echo "apt-get: no mirror" >&2', status=100)

    done = setup.run()

    assert done.returncode == 1
    assert "apt-get: no mirror" in done.stderr
    assert "private-python: apt names no mirror" in done.stderr


def test_a_python_without_venv_shows_its_own_error(setup: Setup) -> None:
    setup.command("python3", 'echo "No module named venv" >&2', status=1)

    done = setup.run()

    assert done.returncode == 1
    assert "No module named venv" in done.stderr


@pytest.mark.parametrize("own_bundle", [True, False])
def test_pip_knows_the_authorities_of_the_system_and_shows_its_own_error(
    setup: Setup, *, own_bundle: bool
) -> None:
    setup.command("failing-pip", f'echo "$PIP_CERT" > "$LOG"; echo "{REFUSED}" >&2', status=3)
    setup.command("python3", f'mkdir -p "$3/bin"; cp "{setup.commands}/failing-pip" "$3/bin/pip"')
    bundle = setup.folder / "authorities.pem"
    bundle.touch()

    done = setup.run(**{"PIP_CERT" if own_bundle else "SSL_CERT_FILE": str(bundle)})

    assert done.returncode == 3
    assert REFUSED in done.stderr
    assert setup.log.strip() == str(bundle)


def test_a_refused_package_shows_its_own_error_and_leaves_the_environment_unfinished(
    setup: Setup,
) -> None:
    setup.command("python3.14", NEW_PYTHON)
    setup.command("uv", f'[ "$1" != pip ] || {{ echo "{REFUSED}" >&2; exit 2; }}')

    done = setup.run()

    assert done.returncode == 2
    assert REFUSED in done.stderr
    assert not (setup.folder / ".venv/.made-from").exists()


@pytest.mark.parametrize(
    ("chosen", "used"), [({}, "true"), ({"UV_SYSTEM_CERTS": "false"}, "false")]
)
def test_every_call_of_uv_uses_the_authorities_of_the_system(
    setup: Setup, chosen: dict[str, str], used: str
) -> None:
    setup.command("python3.14", NEW_PYTHON)
    setup.command("uv", 'echo "$1 $UV_SYSTEM_CERTS" >> "$LOG"; mkdir -p .venv/bin')

    done = setup.run(**chosen)

    assert done.returncode == 0, done.stderr
    assert set(setup.log.splitlines()) == {f"{call} {used}" for call in ("python", "venv", "pip")}
    assert (setup.folder / ".venv/.made-from").exists()
