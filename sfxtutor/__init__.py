"""sfxtutor: telling hits from misses in serial femtosecond crystallography, in notebooks.

Names are loaded when they are first used, so that importing the package costs nothing: neither
TensorFlow nor Numba is imported before something needs them.
"""

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "runs.open": "open_run",
    "runs.run": "Run",
    "runs.twin.run": "TwinRun",
    "preprocess": "bin_max center_crop gcn lcn rwd",
    "spots": "find_spots",
    "fast.kernels": "count_spots fast_binned fast_lcn fast_rwd",
    "fast.graph": "with_preprocessing",
    "cache.prepared": "prepare",
    "layers": "GradientReversal",
    "models": "build_cnn build_rwd_cnn count_multiply_adds cut transfer_from",
    "training": "fit predict profile set_seed throughput",
    "dann": "Dann fit_dann",
    "domains": "adapt_batch_norm features foreign_neighbours outputs proxy_a_distance",
    "metrics": "Counts always_miss best_threshold count is_positive split spot_count wilson",
    "results": "load_results paper_rows reference_rows references row save_results table",
    "paper.claims": "claims",
    "plots.frames": "plot_ewald plot_examples plot_frame plot_histogram plot_rwd ring_radius",
    "plots.scores": "plot_confusion plot_history plot_rates",
    "plots.style": "show style",
    "course.exercises.check": "check",
    "course.student": "personal_seed",
    "widgets": "CrystalExplorer EmbeddingExplorer FrameInspector LabelByEye StreamMonitor "
    "ThresholdExplorer TrainingMonitor",
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name):
    if name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value  # `claims` the function, not the module of that name
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*__all__, "__version__"])
