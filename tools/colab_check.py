"""Play Colab: install the course by its guard beside a TensorFlow that is there, and run lessons.

    .venv/bin/python -m tools.colab_check VERSIONS [LESSON ...]

VERSIONS says what is there before: "lock" (requirements.lock), "newest", or "colab"
(colab_versions.txt, with tensorflow-cpu). Needs the network, 2 GB in the temporary folder and some
minutes, so `make test` leaves it out. The guard of each lesson runs as it stands, but for the
package: a wheel of this checkout takes the place of the repository.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from packaging.utils import canonicalize_name

from tools import colab

ROOT = Path(__file__).resolve().parent.parent
THERE = "tensorflow-cpu ipykernel ipython ipywidgets matplotlib numba scikit-learn scipy h5py lxml"
THERE = f"{THERE} pooch psutil requests tqdm".split()
TOLD = ["tensorflow-cpu", "keras", "numpy", "h5py", "scipy", "numba", "ipython", "ipywidgets"]
VIEW = "application/vnd.jupyter.widget-view+json"
STUB = """_widgets = type("", (), {"_installed_url": None})
def enable_custom_widget_manager():
    print("custom widgets are on")
"""


def pip(python, *words):
    """Run pip of an environment; return what it prints."""
    command = [python, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def installed(python):
    """Name and version of every package of an environment."""
    rows = json.loads(pip(python, "list", "--format=json"))
    return {canonicalize_name(row["name"]): row["version"] for row in rows}


def there(versions, folder):
    """Words for `pip install` that choose what is there before, and in which versions."""
    if versions == "newest":
        return ["--upgrade", *THERE]
    source = ROOT / {"lock": "requirements.lock", "colab": "tools/colab_versions.txt"}[versions]
    text = re.sub(
        r"^tensorflow==", "tensorflow-cpu==", source.read_text(encoding="utf-8"), flags=re.M
    )
    path = folder / "pins.txt"
    path.write_text("\n".join(re.findall(r"^[\w-]+==[^\\\n]+", text, re.M)), encoding="utf-8")
    return ["-r", path] if versions == "colab" else ["-c", path, *THERE]


def make(versions, folder):
    """An environment with TensorFlow in it and a google.colab that is loaded at the start."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip(python, "install", "-q", *there(versions, folder))
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    stub = Path(site.stdout.strip()) / "google" / "colab"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("", encoding="utf-8")
    (stub / "output.py").write_text(STUB, encoding="utf-8")
    (stub.parent.parent / "colab.pth").write_text("import google.colab.output\n", encoding="utf-8")
    spec = {"argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    kernel = folder / "share" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    spec |= {"display_name": "Colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return python


def run(lesson, wheel, folder):
    """Execute a lesson in the environment, its guard first, away from the checkout."""
    path = next((ROOT / "notebooks").glob(f"{lesson}_*.ipynb"))
    notebook = nbformat.read(path, as_version=4)
    address = f"git+{colab.repository()}@{colab.tag()}"
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert address in first.source
    first.source = first.source.replace(address, wheel.as_uri())
    begin = time.perf_counter()
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=1800, kernel_name="colab", resources=where).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    widgets = [output for output in shown if VIEW in output.get("data", ())]
    # Colab adds where its manager of custom widgets lies to displays alone.
    assert all(output.output_type == "display_data" for output in widgets), lesson
    seconds = time.perf_counter() - begin
    print(f"lesson {lesson} ran in {seconds:.0f} s, widgets: {len(widgets)}", flush=True)


def main(versions, lessons):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = make(versions, folder)
        before = installed(python)
        pip(python, "wheel", "-q", "--no-deps", "-w", folder, ROOT)
        os.environ |= {
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "JUPYTER_PATH": str(folder / "share"),
            "SFXTUTOR_DATA": str(folder / "data"),
            "SFXTUTOR_OUT": str(folder),
            "SFXTUTOR_PROFILE": "quick",
        }
        for lesson in lessons:
            run(lesson, next(folder.glob("*.whl")), folder)
        after = installed(python)
        print("Python", sys.version.split()[0], {name: after[name] for name in TOLD})
        changed = {name: (old, after.get(name)) for name, old in before.items()}
        changed = {name: pair for name, pair in changed.items() if pair[0] != pair[1]}
        print("added", {name: after[name] for name in after.keys() - before.keys()})
        assert not changed, f"the guard changed what was there: {changed}"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["00"])
