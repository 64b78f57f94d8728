"""Interactive pictures for the lessons; each comes with a static figure for where none can run.

Names are loaded when they are first used: a lesson without a widget needs no ipywidgets.
"""

from importlib import import_module

_HOME = {
    "FrameCanvas": "canvas",
    "FrameInspector": "frame_inspector",
    "CrystalExplorer": "crystal_explorer",
    "LabelByEye": "label_by_eye",
    "ThresholdExplorer": "threshold_explorer",
    "EmbeddingExplorer": "embedding_explorer",
    "TrainingMonitor": "training_monitor",
    "StreamMonitor": "stream_monitor",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name):
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
