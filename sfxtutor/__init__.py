"""sfxtutor: telling hits from misses in serial femtosecond crystallography, in notebooks.

Names are loaded when they are first used, so that importing the package costs nothing: neither
TensorFlow nor Numba is imported before something needs them.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "runs": ("Run", "open_run"),
    "simulate": ("TwinRun",),
    "preprocess": ("bin_max", "center_crop", "find_spots", "gcn", "lcn", "rwd"),
    "kernels": ("count_spots", "fast_binned", "fast_lcn", "fast_rwd"),
    "prepare": ("prepare",),
    "models": ("build_cnn", "build_rwd_cnn", "multiply_adds"),
    "training": ("fit", "predict", "profile", "set_seed", "throughput"),
    "evaluate": (
        "Counts", "always_miss", "best_threshold", "claims", "count", "is_positive", "paper_rows",
        "row", "save_results", "split", "spot_baseline", "table", "wilson",
    ),
}  # fmt: skip
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
_MODULES = ("beamline", "course", "evaluate", "models", "plots", "simulate", "training")

__all__ = ["__version__", *_HOME]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, *_MODULES])
