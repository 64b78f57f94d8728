"""A container for a submission's kernel, by bubblewrap.

The kernel has process, network and IPC namespaces of its own. It reads Python, the package and the
system's libraries, and writes to a scratch folder of limited size: nothing else of the machine is
there.
"""

import os
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from ...support.disk import PACKAGE

KINDS = ("auto", "bwrap", "none")
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/fonts",
          "/etc/localtime", "/etc/alternatives", "/etc/mime.types")  # fmt: skip
SCRATCH, SHARED = 512 * 2**20, 64 * 2**20  # bytes of the scratch folder and of /dev/shm
LONGEST = 60  # characters of a temporary folder: the path of a socket has at most 107
ISOLATED = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
WARNING = (
    "{why}: submissions run under your account, with limits but not contained. Their code can read "
    "your files and use the network. Install bubblewrap (Linux), or grade where no other data are."
)


def choose(wish, tell):
    """Which container there is.

    Parameters
    ----------
    wish : {"auto", "bwrap", "none"}
    tell : callable
        Takes a line, the warning where "auto" finds none.

    Returns
    -------
    {"bwrap", "none"}

    Raises
    ------
    ValueError
        bubblewrap is wished for and cannot be used, or the wish is none of these.
    """
    if wish not in KINDS:
        raise ValueError(f"Found --container {wish}, expected one of: {', '.join(KINDS)}.")
    why = obstacle() if wish != "none" else ""
    if why and wish == "bwrap":
        raise ValueError(f"{why}. Install bubblewrap, or choose --container none.")
    if why:
        tell(WARNING.format(why=why))
    return "none" if why or wish == "none" else "bwrap"


def obstacle():
    """Why bubblewrap cannot be used here, "" where it can."""
    if not shutil.which("bwrap"):
        return "Found no bubblewrap (bwrap)"
    return failed_start()


@lru_cache
def failed_start():
    """Why Python does not start in a container here, "" where it does."""
    with scratch_folder() as folder:
        tried = subprocess.run(
            [*command(folder), sys.executable, "-c", "import ipykernel, sfxtutor"],
            capture_output=True,
            text=True,
        )
    found = (tried.stderr.strip().splitlines() or ["no message"])[-1]
    return f"bubblewrap does not work here ({found})" if tried.returncode else ""


@contextmanager
def scratch_folder():
    """A temporary folder for a submission, with the folder of its sockets: a `pathlib.Path`."""
    place = "/tmp" if len(tempfile.gettempdir()) > LONGEST and Path("/tmp").is_dir() else None
    with tempfile.TemporaryDirectory(
        prefix="sfxtutor-", dir=place, ignore_cleanup_errors=True
    ) as folder:
        (Path(folder) / "link").mkdir()
        yield Path(folder)


def command(folder):
    """The beginning of a command line that runs in a container.

    Parameters
    ----------
    folder : pathlib.Path
        The scratch folder, with the folder "link" in it, which alone is seen from outside.

    Returns
    -------
    list of str
    """
    libraries = filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep))
    places = [*SYSTEM, *libraries, sys.base_prefix, sys.prefix, *user_packages(), str(PACKAGE)]
    places += shipped()
    options = [part for place in places for part in ("--ro-bind-try", place, place)]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(SHARED), "--tmpfs", "/dev/shm"]
    options += ["--size", str(SCRATCH), "--tmpfs", str(folder)]
    options += ["--bind", str(folder / "link"), str(folder / "link")]
    options += compiled_code(folder / "compiled")
    options += [part for place in solutions() for part in ("--tmpfs", place)]
    options += ["--remount-ro", "/", "--remount-ro", "/dev", "--chdir", str(folder)]
    return ["bwrap", *ISOLATED, *options, "--unsetenv", "JPY_PARENT_PID"]


def user_packages():
    """The folder of packages installed for this user alone, where Python uses it; a list."""
    folder = site.getusersitepackages()
    return [folder] if folder in sys.path else []


def shipped():
    """What lies beside the package in a checkout and inside an installed one; a list of str."""
    return [str(PACKAGE.parent / name) for name in ("pyproject.toml", "data/results")]


def solutions():
    """Folders of the course's assignments in what a kernel may read: an editable installation."""
    beside = [PACKAGE, Path(sysconfig.get_path("purelib")) / "sfxtutor"]
    places = [folder / "notebooks" / "assignments" for folder in beside]
    return sorted({str(place) for place in places if place.is_dir()})


def compiled_code(copies):
    """Options that put copies of Numba's compiled code, which it wants to write, in its place."""
    options = []
    for number, place in enumerate(sorted({path.parent for path in PACKAGE.rglob("*.nbi")})):
        copy = copies / str(number)
        shutil.copytree(
            place, copy, ignore=lambda _, names: [n for n in names if n.startswith(".")]
        )
        options += ["--bind", str(copy), str(place)]
    return options
