"""docs/screening.md: the shipped screening model, from the notes beside it."""

import json

from sfxtutor.beamline.model.screener import MODELS

from .markdown import table


def values():
    """What the template says."""
    notes = json.loads((MODELS / "rwd.json").read_text(encoding="utf-8"))
    twins = [
        (name, t["model"], f"{t['model_auc']:.4f}", t["spot count"], f"{t['spot_auc']:.4f}")
        for name, t in notes["twins"].items()
    ]
    left_out = notes["auc of model and spot count, family left out"].items()
    families = [(name, f"{model:.3f}", f"{spots:.3f}") for name, (model, spots) in left_out]
    return {
        "beamlines": notes["beamlines"],
        "seed": notes["seed"],
        "threshold": notes["threshold"],
        "recall": notes["wanted recall"],
        "held_out": notes["on beamlines left out"],
        "twins": table(("twin", "model", "AUC", "spot count, best threshold", "AUC"), twins),
        "families": table(("family held out", "AUC, model", "AUC, spot count"), families),
        "auc": notes["auc on them"],
        "spots": notes["spots auc on them"],
        "lowest": notes["least reading"],
    }
