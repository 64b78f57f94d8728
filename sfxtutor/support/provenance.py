"""Where results come from: date, machine and versions."""

import datetime
import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

# What the numbers of a training depend on, besides sfxtutor.
TRAINS = ("keras", "tensorflow-cpu", "tensorflow", "numpy", "scikit-learn")


def origin(profile, source, seed):
    """Where results of trainings come from: profile, source, seed, and `conditions`; a dict."""
    return {"profile": profile, "source": source, "seed": seed} | conditions(*TRAINS)


def conditions(*packages):
    """Date, machine, and the versions of Python, of sfxtutor and of those packages: a dict.

    Parameters
    ----------
    packages : names of distributions; one that is not installed is left out
    """
    versions = {"python": platform.python_version()}
    for name in ("sfxtutor", *packages):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "date": f"{datetime.date.today():%Y-%m-%d}",
        "versions": versions,
        "machine": machine(),
    }


def machine():
    """System, processor, cores and memory in one line: str."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {processor()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB"
    )


def processor():
    """The processor's name where the system tells it: str."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "processor unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "processor unknown"
