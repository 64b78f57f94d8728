"""How the course's figures look: colours, sizes, and what a figure says to those who do not see it.

Colours are those of Okabe and Ito, told apart under every common form of colour blindness.
"""

import matplotlib.pyplot as plt
import numpy as np

COLOURS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "red": "#D55E00",
    "purple": "#CC79A7",
}
LABEL_COLOURS = {"HIT": COLOURS["blue"], "MAYBE": COLOURS["orange"], "MISS": COLOURS["black"]}
MASKED = "0.6"  # grey of pixels that are masked or bad
CYCLE = [COLOURS[name] for name in ("blue", "orange", "green", "red", "purple", "sky", "black")]


def style() -> None:
    """Set matplotlib's defaults for the course: colours, sizes, no top and right frame line."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=CYCLE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "font.size": 11,
            "image.cmap": "viridis",
            "legend.frameon": False,
        }
    )


def show(ax: plt.Axes | np.ndarray, alt: str) -> None:
    """Show a figure in a notebook together with its description in words, and close it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or array of them
    alt : str
        What a reader who does not see the figure should know: read aloud by screen readers.

    Raises
    ------
    ValueError
        When the description is empty.
    """
    if not alt.strip():
        raise ValueError("Found an empty alt, expected a sentence. Say what the figure shows.")
    from IPython.display import display

    figure = np.ravel(ax)[0].figure
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def axes_or_new(ax):
    """`ax`, or the Axes of a new figure where it is None."""
    return plt.subplots()[1] if ax is None else ax
