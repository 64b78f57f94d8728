"""From the numbers of any detector to uint16."""

import numpy as np


def to_uint16(raw, missing):
    """Raw pixels as uint16, ADU: rounded, clipped to 0 ... 65535, 0 where data is missing."""
    values = np.where(missing, raw.dtype.type(0), raw)
    if raw.dtype.kind == "f":
        values = np.rint(values)
    # The bounds of the type keep the comparison exact for small integers such as int8.
    top = 65535 if raw.dtype.kind == "f" else min(65535, np.iinfo(raw.dtype).max)
    return np.clip(values, 0, top).astype(np.uint16)
