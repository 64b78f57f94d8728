"""Drawings of networks: which part gets what, and where gradients go."""

import matplotlib.pyplot as plt

from .style import COLOURS, axes_or_new

BOXES = {
    "source frames": (0, 1.6), "target frames": (0, 0.4), "base": (1.8, 1), "features": (3.4, 1),
    "label head": (5.8, 1.6), "gradient reversal": (5.8, 0.4), "$L_{label}$: hit?": (8.3, 1.6),
    "domain head": (8.3, 0.4), "$L_{domain}$: which run?": (10.8, 0.4),
}  # fmt: skip
FORWARD = [(0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 6), (5, 7), (7, 8)]  # numbers of boxes
BACKWARD = [
    ("blue", 0.3, [(6, 4), (4, 3), (3, 2)]),
    ("orange", -0.3, [(8, 7), (7, 5), (5, 3), (3, 2)]),
]
GRADIENTS = {
    "gradient of $L_{label}$": (4.3, 1.9, "blue"),
    "gradient of $L_{domain}$": (9.5, -0.15, "orange"),
    "$-λ$ × gradient of $L_{domain}$": (3.9, 0.1, "orange"),
}


def plot_dann(ax: plt.Axes | None = None) -> plt.Axes:
    """Draw a DANN, the paper's Figure 4: forward pass black, gradients dashed in colour."""
    ax, at = axes_or_new(ax), list(BOXES.values())
    look = {"ha": "center", "va": "center", "bbox": {"boxstyle": "round", "fc": "w", "ec": "0.3"}}
    boxes = [ax.text(x, y, name, **look).get_bbox_patch() for name, (x, y) in BOXES.items()]
    for colour, bend, arrows in [("black", 0, FORWARD), *BACKWARD]:
        for i, j in arrows:
            arrow = {"arrowstyle": "->", "color": COLOURS[colour], "ls": "--" if bend else "-"}
            arrow |= {"patchA": boxes[i], "patchB": boxes[j], "connectionstyle": f"arc3,rad={bend}"}
            ax.annotate("", at[j], at[i], arrowprops=arrow)
    for text, (x, y, colour) in GRADIENTS.items():
        ax.text(x, y, text, ha="center", color=COLOURS[colour])
    ax.set(xlim=(-0.9, 12.1), ylim=(-0.2, 2.1))
    ax.set_axis_off()
    return ax
