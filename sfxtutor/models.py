"""The networks, untrained: a 2D CNN on frames, a 1D CNN on RWD vectors, transfer; where they look.

Both are of the family that Xie et al. describe (Opt. Express 31, 32909, 2023): blocks of
convolution - batch normalisation - activation - pooling, dropout in the top blocks, and a
classifier of dense layers.  The paper gives no sizes; these suit two CPU cores.

A model is a `keras.Sequential` of two named parts, so that either can be taken out and used again:
`model.get_layer("base")` maps an input to features, `model.get_layer("classifier")` maps features
to p("hit or maybe").  The layers of block i in the base are named block<i>_conv, block<i>_norm,
block<i>_activation, block<i>_pool and, in the top two blocks, block<i>_dropout.
"""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .layers import RelativeToMean
from .preprocess import ROWS
from .training import channelled

# Keras' default of 0.99 averages the statistics of about the last 100 batches.  An epoch of 200
# frames has 10: after five epochs 60 % of the moving variance would still be the 1 it starts
# with, and a network that has learned well would score badly.  0.9 forgets it in two epochs.
BATCH_NORM_MOMENTUM = 0.9
FEATURES = {"flatten": layers.Flatten, "average": layers.GlobalAveragePooling2D}


def build_cnn(
    shape: tuple[int, int, int] = (360, 360, 1), filters: tuple[int, ...] = (8, 16, 32, 32),
    dense: tuple[int, ...] = (32,), dropout: float = 0.25, *, pooling: str = "flatten",
    relative: bool = False,
) -> keras.Model:  # fmt: skip
    """2D CNN, untrained: images (n, y, x, 1) float32, preprocessed -> p("hit or maybe") (n, 1).

    The first convolution moves in steps of 2 pixels, because on a CPU the full-size layers cost
    more than all others together; its 5 x 5 window still sees every pixel.

    Parameters
    ----------
    shape : (y, x, channels), pixels; the paper's frames are 720 x 720, ours binned by maximum
    filters : number of filters of each block; each block halves y and x
    dense : width of each hidden dense layer; one unit with a sigmoid follows them
    dropout : share of features dropped, in training, after each of the top two blocks
    pooling : "flatten", as in the paper: one feature for each place and filter; or "average": one
        for each filter, so that it does not matter where on the detector a spot is
    relative : divide each image by its own mean first (`RelativeToMean`); where it is binned by
        maximum that is the level of its noise

    Raises
    ------
    ValueError
        If the images are too small for that many blocks, or there is no such pooling.
    """
    if pooling not in FEATURES:
        raise ValueError(f"No pooling {pooling!r}, expected one of {', '.join(FEATURES)}.")
    least = 2 ** (len(filters) + 1)
    if len(shape) != 3 or min(shape[:2]) < least:
        raise ValueError(
            f"Cannot build {len(filters)} blocks on images of shape {tuple(shape)}, expected "
            f"(y, x, channels) of at least {least} x {least} pixels. "
            "Use larger images or fewer filters."
        )
    base = [keras.Input(shape), *([RelativeToMean(name="relative")] if relative else [])]
    for i, count in enumerate(filters, 1):
        window, step = (5, 2) if i == 1 else (3, 1)
        convolution = layers.Conv2D(
            count, window, strides=step, padding="same", use_bias=False, name=f"block{i}_conv"
        )
        halved = layers.MaxPooling2D(2, name=f"block{i}_pool")
        base += _block(i, convolution, halved, dropout if i > len(filters) - 2 else 0)
    return _assemble(base, dense, "cnn", FEATURES[pooling])


def build_rwd_cnn(
    length: int = ROWS,
    filters: tuple[int, ...] = (16, 16, 32),
    pools: tuple[int, ...] = (4, 4, 2),
    dense: tuple[int, ...] = (32,),
    dropout: float = 0.25,
) -> keras.Model:
    """1D CNN, untrained: RWD vectors (n, length) float32, no unit -> p("hit or maybe") (n, 1).

    The first layer divides a vector by its own mean (`RelativeToMean`), so that a row counts by how
    far it stands out from the rows of its own frame.

    Parameters
    ----------
    length : rows of the preprocessed frame
    filters : number of filters of each block; the first convolution moves in steps of 4 rows
    pools : factor by which each block's pooling shortens the vector
    dense, dropout : as in `build_cnn`

    Raises
    ------
    ValueError
        If the vectors are too short for the blocks, or `pools` are not as many as `filters`.
    """
    least = 4 * math.prod(pools)
    if len(pools) != len(filters) or length < least:
        raise ValueError(
            f"Cannot build {len(filters)} blocks with {len(pools)} pools on vectors of {length} "
            f"rows, expected one pool per block and at least {least} rows. "
            "Use longer vectors or smaller pools."
        )
    base = [
        keras.Input((length,)),
        RelativeToMean(name="relative"),
        layers.Reshape((length, 1), name="as_channel"),
    ]
    for i, (count, pool) in enumerate(zip(filters, pools, strict=True), 1):
        window, step = (8, 4) if i == 1 else (5, 1)
        convolution = layers.Conv1D(
            count, window, strides=step, padding="same", use_bias=False, name=f"block{i}_conv"
        )
        pooling = layers.MaxPooling1D(pool, name=f"block{i}_pool")
        base += _block(i, convolution, pooling, dropout if i > len(filters) - 2 else 0)
    return _assemble(base, dense, "rwd_cnn")


def build_classifier(features, dense=(32,)):
    """Dense layers, untrained: features (n, features) float32 -> p("hit or maybe") (n, 1)."""
    stack = [keras.Input((features,))]
    for i, width in enumerate(dense, 1):
        stack.append(layers.Dense(width, activation="relu", name=f"dense{i}"))
    stack.append(layers.Dense(1, activation="sigmoid", name="p_hit"))
    return keras.Sequential(stack, name="classifier")


def transfer_from(trained: keras.Model, dense: tuple[int, ...] = (32,)) -> keras.Model:
    """A CNN for another run: a copy of a trained base, and a new, untrained classifier.

    Call `set_seed` before: it draws the classifier's weights.

    Parameters
    ----------
    trained : a model of `build_cnn` or `build_rwd_cnn`; it stays as it is
    dense : width of each hidden dense layer of the classifier
    """
    base = keras.models.clone_model(trained.get_layer("base"))
    base.set_weights(trained.get_layer("base").get_weights())
    for layer in base.layers:  # a copy is frozen where `cut` froze the trained model
        layer.trainable = True
    classifier = build_classifier(base.output_shape[1], dense)
    return keras.Sequential([keras.Input(base.input_shape[1:]), base, classifier], name="transfer")


def cut(model: keras.Model, open_blocks: int = 0) -> tuple[keras.Model, keras.Model]:
    """The two halves of a CNN: the lower frozen, the upper left to train: `(lower, upper)`.

    Both use the model's own layers, so a training of `upper` is one of the model, in which nothing
    below the cut changes, batch-norm statistics included.  What `lower` gives for an image need be
    computed only once.

    Parameters
    ----------
    model : a model of `transfer_from` or `build_cnn`
    open_blocks : number of blocks of the base, from the top, that are trained with the classifier

    Raises
    ------
    ValueError
        If the base has not that many blocks below which something is left.
    """
    stack = [layer for part in ("base", "classifier") for layer in model.get_layer(part).layers]
    names = [layer.name for layer in stack]
    starts = [names.index(name) for name in names if name.endswith("_conv")]
    starts.append(names.index("features"))
    if not 0 <= open_blocks < len(starts) - 1:
        raise ValueError(
            f"Cannot open {open_blocks} blocks of a base of {len(starts) - 1}, expected 0 to "
            f"{len(starts) - 2}. To train all blocks, train the model itself."
        )
    at = starts[-1 - open_blocks]
    for i, layer in enumerate(stack):
        layer.trainable = i >= at
    shape = stack[at].input.shape[1:]
    lower = keras.Sequential([keras.Input(model.input_shape[1:]), *stack[:at]], name="lower")
    return lower, keras.Sequential([keras.Input(shape), *stack[at:]], name="upper")


def count_multiply_adds(model: keras.Model) -> int:
    """Multiplications, each with its addition, that a model spends on one input: int.

    Those of convolutions and dense layers; normalisation, activation and pooling are not counted.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += count_multiply_adds(layer)
        elif isinstance(layer, (layers.Conv1D, layers.Conv2D)):
            # the kernel, (window, channels in, channels out), is applied once per output position
            total += math.prod(layer.output.shape[1:-1]) * math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Dense):
            total += math.prod(layer.kernel.shape)
    return total


def bin_of(cnn: keras.Model) -> int:
    """Pixels of the LCN frame, along an axis, that became one pixel of a CNN's images.

    Raises
    ------
    ValueError
        If it takes other images than `prepare` makes.
    """
    shape = tuple(cnn.input_shape[1:])
    if len(shape) != 3 or shape[0] != shape[1] or ROWS % shape[0]:
        raise ValueError(
            f"Found a network for inputs of shape {shape}, expected square images that divide "
            f"{ROWS} x {ROWS}. Give one of build_cnn(PROFILE.shape), trained on prepared images."
        )
    return ROWS // shape[0]


def occlusion(model: keras.Model, image: np.ndarray, size: int = 12) -> np.ndarray:
    """How much the log-odds of a hit fall when a square of the image is hidden: a map, float32.

    (y / size, x / size) numbers, rounded up: the squares tile the image, the last ones are cut.
    Each in turn gets the image's median, which is noise where the image is binned by maximum
    (Zeiler and Fergus, ECCV 2014, 818).  Where p is 1, it is 1 without any single spot as well;
    log(p / (1 - p)) still tells the squares apart.

    Parameters
    ----------
    model : a model of `build_cnn`
    image : (y, x), preprocessed as the model's training images
    size : int, edge of a square, pixels of the image

    Raises
    ------
    ValueError
        If it is no image, or the squares do not fit into it.
    """
    image = np.asarray(image, np.float32)
    if image.ndim != 2 or not 1 <= size <= min(image.shape):
        raise ValueError(
            f"Cannot hide squares of {size} pixels in an image of shape {image.shape}, expected "
            "(y, x) and a size that fits into it. Pass one image and a smaller size."
        )
    rows, columns = (range(0, n, size) for n in image.shape)
    whole, median, drops = _log_odds(model, image[None]), np.median(image), []
    for y in rows:
        hidden = np.repeat(image[None], len(columns), axis=0)
        for copy, x in zip(hidden, columns, strict=True):
            copy[y : y + size, x : x + size] = median
        drops.append(whole - _log_odds(model, hidden))
    return np.stack(drops)


def activation_map(model: keras.Model, x: np.ndarray, block: int = 1) -> np.ndarray:
    """Where log-odds of a hit come from: images (n, y, x) -> maps (n, rows, columns) float32.

    The output of a block, each number times the gradient of log(p / (1 - p)) there, summed over the
    filters; positive where it raises p.  In the top block of a network with average pooling that is
    the class-activation map (Zhou et al., CVPR 2016, 2921) and Grad-CAM (Selvaraju et al., ICCV
    2017, 618).  Grad-CAM averages the gradient over all places; after `Flatten` they have weights
    of their own, and the product at each place (HiResCAM, Draelos and Carin, arXiv 2011.08891) is
    right for both.  In a lower block the map is finer and sees less of what lies around.

    Parameters
    ----------
    model : a model of `build_cnn`; of `build_rwd_cnn` the maps of vectors (n, length) are (n, rows)
    x : (n, y, x), preprocessed as the model's training images
    block : int, from 1, the lowest

    Raises
    ------
    ValueError
        If the model has no such block.
    """
    stack = model.get_layer("base").layers
    names = [layer.name for layer in stack]
    if f"block{block}_pool" not in names:
        blocks = sum(name.endswith("_pool") for name in names)
        raise ValueError(f"Found no block {block}, expected 1 to {blocks}. Choose one of them.")
    at, activation = names.index(f"block{block}_pool") + 1, channelled(x, model)
    for layer in stack[:at]:
        activation = layer(activation, training=False)
    with tf.GradientTape() as tape:
        tape.watch(activation)
        features = activation
        for layer in stack[at:]:
            features = layer(features, training=False)
        log_odds = _before_sigmoid(model, features)
    return tf.reduce_sum(activation * tape.gradient(log_odds, activation), axis=-1).numpy()


def _log_odds(model, x):
    """log(p / (1 - p)) of inputs x, (n,) float32: exact where p itself is rounded to 1."""
    features = model.get_layer("base").predict_on_batch(channelled(x, model))
    return _before_sigmoid(model, features).numpy()[:, 0]


def _before_sigmoid(model, features):
    """What the classifier's last layer puts into its sigmoid: (n, 1)."""
    *hidden, last = model.get_layer("classifier").layers
    for layer in hidden:
        features = layer(features, training=False)
    return tf.matmul(features, last.kernel) + last.bias


def _block(i, convolution, pooling, dropout):
    """The layers of block i, in the order of the paper."""
    block = [
        convolution,
        layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM, name=f"block{i}_norm"),
        layers.Activation("relu", name=f"block{i}_activation"),
        pooling,
    ]
    return [*block, layers.Dropout(dropout, name=f"block{i}_dropout")] if dropout else block


def _assemble(base, dense, name, features=layers.Flatten):
    """The base, its output made into features, and a classifier on top, as one model."""
    base = keras.Sequential([*base, features(name="features")], name="base")
    classifier = build_classifier(base.output_shape[1], dense)
    return keras.Sequential([keras.Input(base.input_shape[1:]), base, classifier], name=name)
