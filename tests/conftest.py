"""What all tests share: no test trains from the user's memory, or leaves a training in it."""

import socket

import pytest

from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.run import SETUPS, TwinRun

SHARING = ("test_notebooks",)  # whole lessons: they may use what the user has prepared and trained


@pytest.fixture(scope="module", autouse=True)
def own_data_folder(request, tmp_path_factory):
    """$SFXTUTOR_DATA is an empty folder, another one for each file of tests: a `Path`, or None."""
    if request.module.__name__.rpartition(".")[2] in SHARING:
        yield None
        return
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SFXTUTOR_DATA", str(folder))
        yield folder


@pytest.fixture(
    scope="module", params=[(name, reading) for reading in SETUPS for name in TWINS], ids="-".join
)
def twin(request):
    """The twin of each run in each reading of its geometry: a `TwinRun`."""
    name, reading = request.param
    return TwinRun(name, reading=reading)


@pytest.fixture
def free_port():
    """A TCP port of this machine that nobody listens at: int."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
