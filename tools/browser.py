"""JupyterLab in a real browser, for tests and pictures: Chromium, driven by Playwright.

`sfxtutor lab` is started on a free port, in a copy of the notebooks and with settings of its own.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
UNUSED = ["notebook"] + [  # they make the start slower
    f"nbgrader.server_extensions.{name}"
    for name in ("assignment_list", "course_list", "formgrader", "validate_assignment")
]
# What a page or a log says when something went wrong.
FAULT = re.compile(r"Traceback \(most recent|^\[E |^\[C |Error:|ERROR", re.MULTILINE)
LAUNCH = (
    "import sys; from sfxtutor.cli.main import main; from sfxtutor.course import lessons; "
    "lessons.working_copy = lambda *_: sys.argv[1]; main(['lab'])"
)
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
FOCUSED = "element => element === document.activeElement"
# Everything in a widget that is a picture or is read aloud: what a control should change.
PICTURES = """cell => [
    ...[...cell.querySelectorAll('canvas')].map(canvas => canvas.toDataURL()),
    ...[...cell.querySelectorAll('svg[role=img]')].map(svg => svg.outerHTML),
    ...[...cell.querySelectorAll('[role=status]')].map(text => text.innerText),
].join()"""
# Milliseconds from a key to the next picture drawn, without the browser's own frame after it;
# null where none came in 5 s, as when the slider was already moved back.
LATENCY = """([canvas, target, key]) => new Promise((resolve) => {
    const started = performance.now();
    const seen = new MutationObserver(() => {
        seen.disconnect();
        resolve(performance.now() - started);
    });
    seen.observe(canvas, {attributes: true, attributeFilter: ['data-drawn'], childList: true});
    setTimeout(() => { seen.disconnect(); resolve(null); }, 5000);
    target.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
})"""


def find_browser():
    """Path of Chromium or Chrome, $SFXTUTOR_CHROMIUM first; None where there is none."""
    return os.environ.get("SFXTUTOR_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def free_port():
    """A port of this machine that nobody uses: int."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def write_notebook(path, *sources):
    """A notebook with these code cells."""
    cells = [new_code_cell(source) for source in sources]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)


def settings(folder, port, token):
    """Environment for a JupyterLab that opens no browser, asks nothing and shows no news."""
    config, lab = folder / "config", folder / "lab" / "@jupyterlab" / "apputils-extension"
    config.mkdir(parents=True)
    lab.mkdir(parents=True)
    server = {"port": port, "port_retries": 0, "open_browser": False, "allow_root": True}
    server["jpserver_extensions"] = dict.fromkeys(UNUSED, False)
    server = {"ServerApp": server, "IdentityProvider": {"token": token}}
    (config / "jupyter_server_config.json").write_text(json.dumps(server))
    quiet = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
    (lab / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    return os.environ | {
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "lab"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
    }


class Lab:
    """A running JupyterLab and a page in it."""

    def __init__(self, page, address, token, log):
        self.page, self.address, self.token, self.log = page, address, token, log
        self.said = []
        page.set_default_timeout(60000)
        page.on("pageerror", lambda error: self.said.append(f"page: {error}"))
        page.on("console", self._listen)

    def _listen(self, message):
        if message.type == "error":
            self.said.append(f"console: {message.text} {message.location.get('url', '')}")

    def open(self, name):
        """Show a notebook and wait until its kernel is ready."""
        self.page.goto(f"{self.address}/lab/tree/{name}?token={self.token}&reset")
        self.page.wait_for_selector(f"{PANEL} .jp-Cell")
        self.page.wait_for_selector(f"{PANEL} .jp-Spinner", state="detached")
        self.page.get_by_text("| Idle").first.wait_for()  # in the status bar: the kernel is there

    def idle(self, seconds=120):
        """Wait until the kernel has nothing to do."""
        indicator = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
        self.page.wait_for_selector(f"{PANEL} {indicator}", timeout=1000 * seconds)

    def cell(self, index):
        """The cell of that number, from 0."""
        cell = self.page.locator(f'{PANEL} .jp-Cell[data-windowed-list-index="{index}"]')
        cell.evaluate("cell => cell.scrollIntoView()")
        return cell

    def run(self, index, seconds=120):
        """Run a cell and wait for its end; the cell."""
        cell, before = self.start(index)
        prompt = cell.locator(".jp-InputPrompt")
        self.until(lambda: prompt.text_content() not in (before, "[*]:"), seconds)
        return cell

    def start(self, index):
        """Begin to run a cell: the cell, and its prompt before.

        What is sent while the notebook is still connecting to its kernel is lost: sent again.
        """
        cell = self.cell(index)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        for _ in range(5):
            cell.locator(".cm-line").first.click()
            self.until(lambda: cell.locator(".cm-content").evaluate(FOCUSED))
            self.page.keyboard.press("Control+Enter")
            self.page.wait_for_timeout(1500)
            if prompt.text_content() != before:
                return cell, before
        raise RuntimeError(f"Cell {index} does not run:\n{self.log.read_text()}")

    def until(self, holds, seconds=30):
        """Wait until `holds()`; looks every tenth of a second, and lets the page work between."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                self.shoot("failed")
                raise TimeoutError(f"Waited {seconds} s in vain: see {SCREENSHOTS / 'failed.png'}.")
            self.page.wait_for_timeout(100)

    def faults(self):
        """What console, page and the logs of server and kernels say is wrong: list of str."""
        return self.said + FAULT.findall(self.log.read_text(errors="replace"))

    def shoot(self, name, element=None):
        """Keep a screenshot, of the page or of one element: its path."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        (element or self.page).screenshot(path=path)
        return path


@contextmanager
def jupyterlab(browser, notebooks, scratch, size=(1280, 900)):
    """`sfxtutor lab` in a folder of notebooks, and a page of that browser (Playwright's): `Lab`."""
    port, token, log = free_port(), "test", scratch / "lab.log"
    with log.open("w") as file:
        server = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(notebooks)],
            env=settings(scratch, port, token), stdout=file, stderr=file, cwd=scratch,
            start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(f"{address}/api?token={token}", server, log)
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        yield Lab(context.new_page(), address, token, log)
        context.close()
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # the command, the server and its kernels
        server.wait(30)


def _wait(url, server, log):
    """Until the server answers."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
