WRONG = {
    ("nb01.q1", "rate taken for the mean"): """
rng = np.random.default_rng(sfx.personal_seed())
answer = round(0.3 + 0.15 * rng.random(), 4)
""",
    ("nb01.q1", "no crystal taken for a hit"): """
rng = np.random.default_rng(sfx.personal_seed())
rate = 0.3 + 0.15 * rng.random()
answer = np.log(1 / rate)
""",
    ("nb01.q1", "logarithm to base ten"): """
rng = np.random.default_rng(sfx.personal_seed())
misses = 1 - (0.3 + 0.15 * rng.random())
answer = np.log10(1 / misses)
""",
    ("nb01.q2", "two theta taken for theta"): """
def my_spacing(radius, wavelength, distance):
    ray = np.hypot(radius, distance)
    return wavelength / (2 * radius / ray)
""",
    ("nb01.q2", "factor of two missing"): """
def my_spacing(radius, wavelength, distance):
    theta = np.arctan2(radius, distance) / 2
    return wavelength / np.sin(theta)
""",
    ("nb01.q2", "small angles"): """
def my_spacing(radius, wavelength, distance):
    theta = radius / distance / 2
    return wavelength / (2 * theta)
""",
    ("nb01.q2", "ratio upside down"): """
def my_spacing(radius, wavelength, distance):
    theta = np.arctan2(distance, radius) / 2
    return wavelength / (2 * np.sin(theta))
""",
    ("nb01.q2", "sine for tangent"): """
def my_spacing(radius, wavelength, distance):
    theta = np.arcsin(radius / distance) / 2
    return wavelength / (2 * np.sin(theta))
""",
    ("nb01.q2", "degrees"): """
def my_spacing(radius, wavelength, distance):
    theta = np.degrees(np.arctan(radius / distance)) / 2
    return wavelength / 2 / np.sin(theta)
""",
    ("nb01.q3", "sphere about the origin"): """
def my_lit(s, wavelength, width):
    length = np.sqrt(np.sum(s**2, axis=1))
    return np.abs(length - 1 / wavelength) < width
""",
    ("nb01.q3", "centre on the wrong side"): """
def my_lit(s, wavelength, width):
    center = np.array([0, 0, 1 / wavelength])
    distance = np.linalg.norm(s - center, axis=1)
    return np.abs(distance - 1 / wavelength) <= width
""",
    ("nb01.q3", "wavelength as radius"): """
def my_lit(s, wavelength, width):
    ray = s.copy()
    ray[:, 2] += wavelength
    return np.abs(np.linalg.norm(ray, axis=1) - wavelength) < width
""",
    ("nb01.q3", "one side only"): """
def my_lit(s, wavelength, width):
    ray = s + np.array([0, 0, 1 / wavelength])
    error = np.sqrt((ray**2).sum(axis=1)) - 1 / wavelength
    return error <= width
""",
    ("nb01.q3", "squares compared"): """
def my_lit(s, wavelength, width):
    x, y, z = s.T
    z = z + 1 / wavelength
    return abs(x**2 + y**2 + z**2 - wavelength**-2) < width
""",
    ("nb01.q3", "sphere taken for a plane"): """
def my_lit(s, wavelength, width):
    ray = s + np.array([0, 0, 1 / wavelength])
    return np.abs(ray[:, 2] - 1 / wavelength) < width
""",
    ("nb01.q4", "whole detector"): """
def my_crop_label(y, x, visible):
    n = len(y[visible])
    if n >= 10:
        return "HIT"
    return "MAYBE" if n > 3 else "MISS"
""",
    ("nb01.q4", "hidden spots counted"): """
def my_crop_label(y, x, visible):
    n = np.count_nonzero((y > 597.5) & (y < 1321.5) & (x > 597.5) & (x < 1321.5))
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"
""",
    ("nb01.q4", "whole side to each side"): """
def my_crop_label(y, x, visible):
    far = np.maximum(np.abs(y - 960), np.abs(x - 960))
    n = np.sum(visible[far <= 724])
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"
""",
    ("nb01.q4", "a strip, not a square"): """
def my_crop_label(y, x, visible):
    inside = (np.abs(y - 959.5) < 362) | (np.abs(x - 959.5) < 362)
    n = np.sum(inside & visible)
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"
""",
    ("nb01.q4", "a circle, not a square"): """
def my_crop_label(y, x, visible):
    inside = (y - 959.5) ** 2 + (x - 959.5) ** 2 < 362**2
    n = np.sum(inside & visible)
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"
""",
    ("nb01.q4", "corner of the detector"): """
def my_crop_label(y, x, visible):
    n = 0
    for i in range(len(y)):
        if visible[i] and y[i] < 724 and x[i] < 724:
            n += 1
    return "HIT" if n >= 10 else "MAYBE" if n >= 4 else "MISS"
""",
    ("nb01.q2", "one over d"): """
def my_spacing(radius, wavelength, distance):
    return 2 * np.sin(np.arctan2(radius, distance) / 2) / wavelength
""",
}
