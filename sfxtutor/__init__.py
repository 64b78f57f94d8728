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
    "preprocess": "bin_max center_crop find_spots gcn lcn rwd",
    "kernels": "count_spots fast_binned fast_lcn fast_rwd",
    "prepared": "prepare",
    "layers": "GradientReversal with_preprocessing",
    "models": "Dann build_cnn build_rwd_cnn count_multiply_adds cut transfer_from",
    "training": "fit predict profile set_seed throughput",
    "adaptation": "adapt_batch_norm features fit_dann foreign_neighbours outputs proxy_a_distance",
    "evaluate": "Counts always_miss best_threshold count is_positive paper_rows row split "
    "spot_count wilson",
    "results": "load_results reference_rows references save_results",
    "tables": "table",
    "statements": "claims",
    "plots": "plot_ewald plot_examples plot_frame plot_histogram plot_rwd ring_radius show style",
    "course.exercises": "check personal_seed",
    "charts": "plot_confusion plot_history plot_rates",
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
