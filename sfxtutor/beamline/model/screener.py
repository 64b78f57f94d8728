"""A trained model ready to score frames: ONNX Runtime, no TensorFlow.

The ways to run both networks on the same inputs are timed in `benchmarks/backends.py`; what that
gave, and why it is ONNX Runtime, stands in docs/speed.md.
"""

import hashlib
import warnings
from pathlib import Path

import numpy as np
from scipy.special import logit

from ...fast.kernels import fast_binned, fast_rwd
from ...fast.peaks import FIELDS, PEAKS, View, describe
from ...mask import Mask
from ...preprocess import ROWS
from ...support.disk import atomic_write, cache_dir
from ...support.errors import first_line
from .notes import read_notes

MODELS = Path(__file__).parent / "weights"
SHIPPED = ("peaks", "rwd")
PEAK_FEATURES = (1 + PEAKS, len(FIELDS))
BIN = 4  # pixels that become one in the image that the 2D CNN gets
BATCH = 16  # features scored at once: few enough to stay in a processor's cache


class Screener:
    """A model with its threshold.

    Parameters
    ----------
    model : "peaks", "rwd", "cnn" or the path of an .onnx or .keras file
        "peaks" looks at whole frames of any detector, "rwd" and "cnn" at central crops, as in the
        paper.  A model of your own takes RWD vectors (n, 720) or images (n, y, y, 1), y a divisor
        of 720, as `build_rwd_cnn` and `build_cnn` make them; a .json of the same name may hold
        its "threshold".  A .keras file is converted once (`onnx_of`).
    threshold : float, optional
        p_hit from which a frame is a hit; default the model's own, else 0.5.
    threads : int
        Cores that one call of `score` uses.

    Attributes
    ----------
    path : Path, of the .onnx file
    whole : bool, whether it takes features of whole frames
    bin : int, of the images that a 2D model takes; None for others
    least_reading : float, ADU, what a pixel read at least on 99 % of the beamlines that it was
        trained on; 0 if its notes do not say

    Raises
    ------
    FileNotFoundError
        If there is no such model.
    ValueError
        If the file is damaged, or a model of other inputs.
    """

    def __init__(
        self, model: str | Path = "peaks", threshold: float | None = None, threads: int = 1
    ):
        path = find_model(model)
        self.notes = read_notes(path.with_suffix(".json"))
        self.threshold = _threshold(self.notes.get("threshold", 0.5) if threshold is None
                                    else threshold)  # fmt: skip
        self.least_reading = self.notes.get("least reading", 0.0)
        self.path = onnx_of(path)
        self._session = _session(self.path, threads)
        self._input = self._session.get_inputs()[0]
        shape = _shape_of(self._session, path)
        self.whole = shape == PEAK_FEATURES
        self.bin = ROWS // shape[0] if len(shape) == 3 else None

    def features(
        self, frame: np.ndarray, mask: Mask | np.ndarray | None = None, view: View | None = None
    ) -> np.ndarray:
        """What the model sees of a frame: float32.

        Of a raw crop (724, 724) uint16 its RWD vector or the binned image; with `whole`, of a
        frame of any shape and type its peaks (`sfxtutor.fast.peaks.describe`).
        """
        if self.whole:
            return describe(frame, mask, view)[0]
        if self.bin is None:
            return fast_rwd(frame, mask)
        return fast_binned(frame, self.bin, mask)[..., None]

    def weights(self, features: np.ndarray) -> np.ndarray:
        """Probability that each of the 160 peaks of a frame is a Bragg spot: (160,) float32.

        Raises
        ------
        ValueError
            If the model takes no peaks.
        """
        return self._outputs([features])[1][0]

    def inside(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The log-odds of n frames of peaks, (n,), and what the last layer sees of them, (n, 24).

        Raises
        ------
        ValueError
            If the model takes no peaks.
        """
        p, _, summary = self._outputs(features)
        return logit(p[:, 0].astype(float).clip(1e-7, 1 - 1e-7)), summary.astype(float)

    def _outputs(self, features):
        if not self.whole:
            raise ValueError(
                f"The model {self.path.name} weighs no peaks, expected one of whole frames. "
                'Use Screener("peaks").'
            )
        return self._session.run(None, {self._input.name: np.asarray(features, np.float32)})

    def score(self, features: np.ndarray) -> np.ndarray:
        """p_hit of each of n features, in a list or an array: (n,) float32."""
        features = np.asarray(features, np.float32)
        p = np.empty(len(features), np.float32)
        for i in range(0, len(features), BATCH):
            part = {self._input.name: features[i : i + BATCH]}
            p[i : i + BATCH] = self._session.run(None, part)[0][:, 0]
        return p


def trained_model(kind):
    """Where `sfxtutor train-screener` puts a model, "peaks", "rwd" or "cnn": a Path, .keras."""
    return cache_dir() / "screeners" / f"{kind}.keras"


def find_model(model):
    """Path of a shipped model by its name, of the user's "cnn", or of a model file: a Path."""
    named = {name: MODELS / f"{name}.onnx" for name in SHIPPED}
    named["cnn"] = trained_model("cnn").with_suffix(".onnx")
    path = Path(named.get(model, model))
    if not path.is_file():
        raise FileNotFoundError(
            f"Found no model {model!r}, expected peaks, rwd, cnn or the path of an .onnx or .keras "
            "file. Name one of these; `sfxtutor train-screener --model cnn` makes the cnn, which "
            "is not shipped."
        )
    return path


def onnx_of(path):
    """The model as an .onnx file, itself or converted from .keras and kept in the cache: a Path."""
    path = Path(path)
    if path.suffix != ".keras":
        return path
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
    converted = cache_dir() / "screeners" / f"{content}.onnx"
    if not converted.exists():
        converted.parent.mkdir(parents=True, exist_ok=True)
        write_onnx(path, converted)
    return converted


def write_onnx(path, out):
    """Convert a .keras file to ONNX; the file gets its name when it is complete.

    Raises
    ------
    ImportError
        If TensorFlow, or what converts (the extra "beamline"), is not installed.
    ValueError
        If the file is no model.
    """
    try:
        import keras
        import tf2onnx  # noqa: F401  what Keras converts with
    except ImportError as error:
        raise ImportError(
            f"{Path(path).name} is a Keras model, and converting it to ONNX needs TensorFlow and "
            f'tf2onnx ({error}). Install them: pip install "sfxtutor[cpu,beamline]".'
        ) from error
    from ... import layers, models  # noqa: F401  the layers that a file may name

    try:
        model = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(
            f"{path} cannot be loaded as a Keras model ({first_line(error)}). Save it again with "
            "model.save, under a name that ends in .keras."
        ) from error
    inputs = [keras.InputSpec(dtype="float32", shape=model.input_shape)]
    with atomic_write(out) as partial, warnings.catch_warnings():
        # of a name that NumPy 2 dropped and Keras still sets
        warnings.filterwarnings("ignore", ".*np.object", FutureWarning)
        model.export(partial, format="onnx", verbose=False, input_signature=inputs)


def _threshold(value):
    value = float(value)
    if not 0 <= value <= 1:
        raise ValueError(f"Found a threshold of {value}, expected p_hit from 0 to 1. Correct it.")
    return value


def _shape_of(session, path):
    """The shape of one input, of a model that takes any number of them and gives a p for each."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    batch, *shape = inputs[0].shape
    if tuple(shape) == PEAK_FEATURES and outputs[0].shape[1:] == [1]:
        return PEAK_FEATURES
    image = len(shape) == 3 and shape[0] == shape[1] and shape[2] == 1
    if shape != [ROWS] and not (image and isinstance(shape[0], int) and ROWS % shape[0] == 0):
        raise ValueError(
            f"The model {path} takes inputs of shape {tuple(shape)}, expected (720,) or (y, y, 1), "
            "y a divisor of 720. Train it on what sfxtutor.prepare gives."
        )
    if len(inputs) > 1 or isinstance(batch, int) or list(outputs[0].shape[1:]) != [1]:
        raise ValueError(
            f"The model {path} takes {len(inputs)} inputs, {batch} at a time, and gives "
            f"{outputs[0].shape}, expected any number of one input and p_hit of each, (n, 1). "
            "Export it so."
        )
    return tuple(shape)


def _session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # errors, which are raised too; not the notes on the hardware
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions share no class of their own
        raise ValueError(
            f"{path} cannot be loaded as an ONNX model ({first_line(error)}). Export it again, or "
            "name the .keras file."
        ) from error
