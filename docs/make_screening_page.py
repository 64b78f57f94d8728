"""Write docs/screening.md from the notes beside the shipped model: python docs/make_screening_page.py."""

import json
from pathlib import Path

from sfxtutor.beamline.model.screener import MODELS

HERE = Path(__file__).parent
TEXT = """# The screening model

`sfxtutor screen` uses a 1D CNN on RWD vectors. `sfxtutor train-screener` makes it again: it simulates
{beamlines} imaginary beamlines, 16 shots each, and trains on three in four of them (seed {seed}). Cells
of 35 to 250 Å, wavelengths of 0.9 to 1.8 Å, distances of 70 to 350 mm, backgrounds, tapes, point
spreads, gains, jet streaks, ice rings, hot pixels and gaps between panels vary from one to the next.
No twin of LN83, LN84 or LO19 and no measured frame is among them.

A frame is a hit from p = {threshold:.3f}: that finds {recall:.0%} of the hits and maybes on the beamlines
left out, many of which hold spots that are barely visible. There: {apart}.
Threshold, epoch and layers were chosen on these very beamlines, which flatters the figures; the twins
below took no part.

All numbers are from simulations (source: twin or imaginary beamlines). `train-screener` measures them
and keeps them beside the model, from where `docs/make_screening_page.py` writes this page.

## On twins that it never saw

Frames 1601 to 2000, seed 0. The spot count's threshold was chosen on these very frames, which makes
it a hard rival; AUC is the area under the curve, the chance that a hit scores above a miss.

| twin | model | AUC | spot count, best threshold | AUC |
|---|---|---|---|---|
{twins}

## On artefacts that it never saw

The same network trained without one family of beamlines, and tested on that family. The spot count is
given the true variance / mean of each beamline's noise.

| family left out | AUC, model | AUC, spot count |
|---|---|---|
{families}

All families mixed, on the beamlines left out: model {auc:.3f}, spot count {spots:.3f}.

## Photon counters are not scored

On these beamlines a pixel has an offset: on 99 of 100 it reads {least:.1f} ADU or more. On a photon counter
(EIGER, PILATUS) at a few photons a pixel, whose noise the model never met, its scores were no better
than chance. Where the typical pixel of a file reads less than that, with the noise of counted photons
(variance / mean of 0.8 to 1.25), its frames get a status that says so, and no score. Count the spots of
such frames, `sfx.count_spots(crop, gain=1, global_threshold=0)`, or name a model of your own.

## One graph, for a GPU

`sfxtutor screen` preprocesses on the CPU. `with_preprocessing` puts GCN, LCN and RWD (or binning) and a
model into one graph, from raw central crops, a batch of (n, 724, 724) uint16, to p for each. The mask
(True = good pixel) is saved and exported with it, and the numbers are those of the plain functions
within 1e-4.

```python
graph = sfx.with_preprocessing(keras.saving.load_model("my_model.keras"), mask)
score = tf.function(graph, jit_compile=True)  # by XLA, for the GPU if TensorFlow has one
p_hit = score(crops)  # (n, 1)
graph.save("screener.keras")
graph.export("screener")  # a SavedModel, which needs neither Keras nor this package
graph.export("screener.onnx", format="onnx")
```

XLA compiles anew for each size of batch: fill the last one up. A crop without contrast gets p = 0, where
`sfxtutor screen` gives none and says why. The frame statistics and the sums over windows are in
float64: float32 has too few digits for a block of saturated pixels. `python -m benchmarks.gpu` measures
how fast it is on your device, with and without the copy of the crops to it.
"""


def main():
    notes = json.loads((MODELS / "rwd.json").read_text(encoding="utf-8"))
    twins = [
        f"| {name} | {t['model']} | {t['model_auc']:.4f} | {t['spot count']} | {t['spot_auc']:.4f} |"
        for name, t in notes["twins"].items()
    ]
    families = [
        f"| {name} | {model:.3f} | {spots:.3f} |"
        for name, (model, spots) in notes["auc of model and spot count, family left out"].items()
    ]
    page = TEXT.format(
        beamlines=notes["beamlines"], seed=notes["seed"], threshold=notes["threshold"],
        recall=notes["wanted recall"], apart=notes["on beamlines left out"],
        twins="\n".join(twins), families="\n".join(families), auc=notes["auc on them"],
        spots=notes["spots auc on them"], least=notes["least reading"],
    )  # fmt: skip
    (HERE / "screening.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
