"""What all tests share: no test trains from the user's memory, or leaves a training in it."""

import os
import socket

import pytest

from sfxtutor.runs.datasets import TWINS
from sfxtutor.runs.twin.run import SETUPS, TwinRun
from tools.browser import FLAGS, find_browser

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


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium; where there is none, tests are skipped, or fail if it is required."""
    if find_browser() is None:
        unavailable("There is no Chromium or Chrome here")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        unavailable("Playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield browser
        browser.close()


def unavailable(why):
    """Skip the tests, or fail where a browser is required."""
    required = os.environ.get("SFXTUTOR_BROWSER") == "required"
    (pytest.fail if required else pytest.skip)(f"{why}; nothing was tried in a browser")


@pytest.fixture
def free_port():
    """A TCP port of this machine that nobody listens at: int."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
