"""The preprocessing as Keras layers: GCN, LCN and RWD (or binning) in one graph with a model.

What a GPU runs on raw crops, and what is exported.
"""

import keras
import numpy as np
from keras import ops

from ..mask import Mask, box_sum
from ..runs.run import CROP


@keras.saving.register_keras_serializable("sfxtutor")
class ContrastNormalization(keras.layers.Layer):
    """GCN and LCN: raw crops (n, y, x) uint16, ADU -> frames (n, y - 4, x - 4) float32; (n,) bool.

    The frames are `lcn(gcn(crop))`, by Ke's method with windows of 5 x 5 pixels and a floor of 1.
    The second output says which crops have contrast.  `gcn` raises where a crop has none; a graph
    cannot raise, and its frame is 0.

    The mask is a weight that no training changes: it is saved with the model, and exported.

    Parameters
    ----------
    mask : (y, x) bool, optional, True = good pixel; a window with a bad one gives 0

    Raises
    ------
    ValueError
        If the crops are no uint16, or not of one known shape of 5 x 5 pixels or more, or the mask
        has another shape.
    """

    def __init__(self, mask=None, **options):
        super().__init__(**options)
        self._mask = mask

    def build(self, input_shape):
        shape = tuple(input_shape[1:])
        if len(shape) != 2 or None in shape or min(shape) < 5:
            raise ValueError(
                f"Found crops of shape {tuple(input_shape)}, expected (n, y, x) of 5 x 5 pixels or "
                "more. Stack single crops, and give y and x in keras.Input."
            )
        good = Mask.of(self._mask, shape).good
        self._good = self._flags("good", good)
        self._whole = self._flags("whole", box_sum(good, 5) == 25)

    def _flags(self, name, flags):
        return self.add_weight(
            shape=flags.shape,
            dtype="bool",
            initializer=lambda shape, dtype: ops.convert_to_tensor(flags),
            trainable=False,
            name=name,
        )

    def call(self, crops):
        dtype = keras.backend.standardize_dtype(crops.dtype)
        if dtype != "uint16":
            raise ValueError(f"Found crops of {dtype}, expected raw ADU, uint16. Pass run.crop(i).")
        # D and V of `sfxtutor.fast.lcn`, both integers below 2**53, which float64 holds exactly.
        # float32 rounds above 2**24, and a window of saturated pixels has 25 * 25 * 65535**2, about
        # 2**41, to subtract from as much: nothing but the rounding would be left of its variance.
        x = ops.where(self._good, ops.cast(crops, "float64"), 0.0)
        total = _box_sum(x)
        d = ops.where(self._whole, 25.0 * x[:, 2:-2, 2:-2] - total, 0.0)
        v = 25.0 * _box_sum(x * x) - total * total
        # A V above 0 is at least 24, and at V = 0 all 25 pixels are equal and D is 0.  So the 1
        # changes no result; it keeps a crop without contrast from being 0 / 0.
        pixels, squares = self._good_pixels(x)
        v = ops.maximum(ops.maximum(v, 625.0 * squares / pixels), 1.0)
        # Integers that are not all equal have squared residuals of 1 - 1 / n or more in all.
        return ops.cast(d / ops.sqrt(v), self.compute_dtype), squares[:, 0, 0] > 0.25

    def _good_pixels(self, x):
        """Their number, and the sum of squares of x - mean: (n, 1, 1) float64, ADU squared."""
        pixels = ops.sum(ops.cast(self._good, "float64"))
        mean = ops.sum(x, axis=(1, 2), keepdims=True) / pixels
        # Not from the sum of squares: times the number of pixels it is above 2**53, and one odd
        # pixel in a saturated crop would be lost.
        residual = ops.where(self._good, x - mean, 0.0)
        return pixels, ops.sum(residual * residual, axis=(1, 2), keepdims=True)

    def compute_output_shape(self, input_shape):
        n, rows, columns = input_shape
        return (n, rows - 4, columns - 4), (n,)

    def get_config(self):
        return super().get_config()  # without the mask, which is among the weights


@keras.saving.register_keras_serializable("sfxtutor")
class RowWiseDecomposition(keras.layers.Layer):
    """RWD, max - min of each row: LCN frames (n, y, x) -> vectors (n, y), no unit."""

    def call(self, frames):
        return ops.max(frames, axis=-1) - ops.min(frames, axis=-1)

    def compute_output_shape(self, input_shape):
        return input_shape[:-1]


def with_preprocessing(
    model: keras.Model, mask: Mask | np.ndarray | None = None, shape: tuple[int, int] = (CROP, CROP)
) -> keras.Model:
    """One graph with a model: raw crops (n, y, x) uint16, ADU -> p("hit or maybe") (n, 1) float32.

    The numbers are those of `fast_rwd` or `fast_binned` and the model, within 1e-4.  A crop without
    contrast holds no Bragg spot, and gets 0 whatever the model makes of it.  The model's own layers
    are used, not copied.  Keras turns crops of another dtype into uint16 without a word.

    Parameters
    ----------
    model : of RWD vectors (n, y - 4), or of images (n, (y - 4) / bin, (x - 4) / bin, 1)
    mask : (y, x) bool, optional, True = good pixel; a window with a bad one gives 0
    shape : (y, x) of a crop, pixels

    Raises
    ------
    ValueError
        If the model takes neither, or the mask is not of that shape.
    """
    crops = keras.Input(shape, dtype="uint16", name="crops")
    frames, has_contrast = ContrastNormalization(mask, name="gcn_lcn")(crops)
    p_hit = model(_features(frames, tuple(model.input_shape[1:])))
    p_hit = ops.where(has_contrast[:, None], p_hit, 0.0)
    return keras.Model(crops, p_hit, name="with_preprocessing")


def _features(frames, wanted):
    """LCN frames (n, y, x) as a model wants them: RWD vectors, or images binned by maximum."""
    rows, columns = frames.shape[1:]
    if wanted == (rows,):
        return RowWiseDecomposition(name="rwd")(frames)
    bin = rows // wanted[0]
    if bin < 1 or wanted != (rows / bin, columns / bin, 1):
        raise ValueError(
            f"The model takes inputs of shape {wanted}, expected ({rows},) or ({rows} / bin, "
            f"{columns} / bin, 1). Give the shape of the crops that it was trained on."
        )
    images = ops.expand_dims(frames, -1)
    return images if bin == 1 else keras.layers.MaxPooling2D(bin, name="bin_max")(images)


def _box_sum(image):
    """Sum over each whole window of 5 x 5 pixels: (n, y - 4, x - 4), rows first, then columns."""
    rows, columns = image.shape[1] - 4, image.shape[2] - 4
    image = sum(image[:, i : i + rows] for i in range(5))
    return sum(image[:, :, i : i + columns] for i in range(5))
