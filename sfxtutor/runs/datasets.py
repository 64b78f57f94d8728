"""The runs of CXIDB 76 and their twins: cards, addresses, checksums, published spot counts."""

from dataclasses import replace

from .run import Card

TWINS = ("LN83", "LN84", "LO19")  # of the paper
UNSEEN = ("LG36", "L498")  # twins on another detector, a CSPAD, which no model was trained on
READING = "2016"  # of the twins' geometry and delivery (docs/twin.md): the better founded one
_KE = "Ke et al., J. Synchrotron Rad. 25, 655 (2018), doi 10.1107/S1600577518004873"
_CC0 = "CC0: deposited data at cxidb.org are under this waiver"
_RAYONIX = (1920, 1920)
RAYONIX_GAIN = 0.27  # variance / mean of the noise, ADU: LN83's, and the default elsewhere
_SAMPLE = ("The sample is as far as known; the dataset does not state it.",)

# Gains: `annotation/annotation_notes` of nksauter/fv5080, the DIALS parameters behind Ke et al.
_CXIDB = {
    name: Card(
        name,
        title,
        "cxidb",
        licence=_CC0,
        citation=_KE,
        address=f"http://cxidb.org/data/76/{path}",
        gain=gain,
        shape=shape,
        frames=2000,
        assumptions=assumptions,
    )
    for name, title, path, gain, shape, assumptions in (
        ("LN83", "[NiFe] hydrogenase, LCLS, CXIDB 76", "ln83/r0018_2000.h5", RAYONIX_GAIN,
         _RAYONIX, _SAMPLE),
        ("LN84", "photosystem II, LCLS, CXIDB 76", "ln84/r0095_2000.h5", 0.31, _RAYONIX, _SAMPLE),
        ("LO19", "cyclophilin A, LCLS, CXIDB 76", "lo19/r0020_2000.h5", 0.19, _RAYONIX, _SAMPLE),
        ("LG36", "unknown sample, LCLS, CXIDB 76", "lg36/r0087_2000.h5", 15.64, None, ()),
        ("L498", "thermolysin, LCLS, CXIDB 76", "l498/r0027_2000.h5", 4.55, None, _SAMPLE),
    )
}  # fmt: skip

# The geometry of a twin is that of its simulation: `sfxtutor.runs.twin.run.TwinRun` fills it in.
_TWIN = {
    name: replace(
        _CXIDB[name],
        title=f"twin of {name}: a simulation, no measured frame",
        source="twin",
        licence="MIT, made by this package",
        address=None,
        assumptions=(
            "Wavelength, distance and beam centre are assumed (docs/twin.md): those of "
            f"{name} stand in its own file only.",
            *_SAMPLE,
        ),
    )
    for name in TWINS + UNSEEN
}

CARDS = {"twin": _TWIN, "cxidb": _CXIDB}

BASE_URL = "http://cxidb.org/data/76/"
COMMIT = "78fc3805d00f9d5b3c1d1cf38d2e92d5e2cdc987"
LABELS_URL = f"https://raw.githubusercontent.com/nksauter/fv5080/{COMMIT}/annotation/"
LABELS_SHA256 = {
    "LN83": "4b77f46c1ddcf634b13cbc732658e569bbfa8689ac6222ddd63e2be65cb1f92e",
    "LN84": "f175e35734a12b90229a74304c1508fea059cb3baf0146748f1f8cb3c3ab664b",
    "LO19": "775c9c1c1c886e687edb41133fcb20032540ee7905ac37edff43da548cc397ee",
    "LG36": "911aa60c04d082194a18690ab6f0296f4dc253a3772df20d4541395d368876ee",
    "L498": "11e666feb0729e453ff3c2fe6b0febbab28442a7b7030c1024d60c1cdb5b30e2",
}
MASKS = {
    "LN83": "mask.pickle",
    "LN84": "mask.pickle",
    "LO19": "mask.pickle",
    "LG36": "mask2.pickle",
}  # those of annotation_notes; L498 has none

PERCENTILES = (5, 25, 50, 75, 95)
# Spots a frame found by DIALS, those percentiles, by expert label.
DIALS_SPOTS = {
    "LN83": {"HIT": (17, 36, 71, 136, 361), "MAYBE": (6, 8, 12, 14, 19), "MISS": (0, 1, 2, 3, 5)},
    "LN84": {"HIT": (12, 40, 104, 235, 557), "MAYBE": (3, 5, 8, 10, 17), "MISS": (0, 1, 2, 3, 6)},
    "LO19": {"HIT": (52, 157, 381, 803, 1758), "MAYBE": (9, 18, 24, 34, 64),
             "MISS": (3, 6, 9, 11, 17)},
    "LG36": {"HIT": (18, 30, 44, 68, 177), "MAYBE": (8, 12, 14, 18, 24), "MISS": (2, 5, 7, 10, 16)},
    "L498": {"HIT": (7, 15, 26, 50, 154), "MAYBE": (2, 6, 10, 16, 27), "MISS": (1, 3, 5, 9, 17)},
}  # fmt: skip
