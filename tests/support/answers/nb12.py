PATTERN = """
rng = np.random.default_rng(sfx.personal_seed())
ring, pixel, distance, wavelength = rng.uniform((8, 0.3, 300, 0.5), (20, 0.9, 700, 1.2))
theta = np.arctan2(ring * pixel, distance)
"""

WRONG = {
    ("nb12.q1", "class share ignored"): """
def my_specificity(precision, recall, share):
    false = recall / precision - recall
    return 1 - false
""",
    ("nb12.q1", "odds upside down"): """
def my_specificity(precision, recall, share):
    others = (1 - share) / share
    return 1 - recall * (1 / precision - 1) * others
""",
    ("nb12.q1", "of all frames"): """
def my_specificity(precision, recall, share):
    kept = recall * share / precision
    return 1 - (kept - recall * share)
""",
    ("nb12.q1", "share of misses kept"): """
def my_specificity(precision, recall, share):
    kept = recall * share / precision
    return (kept - recall * share) / (1 - share)
""",
    ("nb12.q2", "highest scores of all frames"): """
def my_precision_at(score, truth, recall):
    number = int(np.ceil(round(recall * len(score), 9)))
    threshold = sorted(score, reverse=True)[number - 1]
    return truth[score >= threshold].mean()
""",
    ("nb12.q2", "rounded down"): """
def my_precision_at(score, truth, recall):
    singles = sorted(score[truth], reverse=True)
    threshold = singles[int(recall * len(singles) + 1e-9) - 1]
    return truth[score >= threshold].mean()
""",
    ("nb12.q2", "equal scores left out"): """
def my_precision_at(score, truth, recall):
    singles = sorted(score[truth], reverse=True)
    threshold = singles[int(np.ceil(recall * len(singles) - 1e-9)) - 1]
    return truth[score > threshold].mean()
""",
    ("nb12.q2", "recall returned"): """
def my_precision_at(score, truth, recall):
    singles = np.sort(score[truth])[::-1]
    threshold = singles[int(np.ceil(recall * len(singles) - 1e-9)) - 1]
    return np.mean(singles >= threshold)
""",
    ("nb12.q3", "diameter"): PATTERN
    + """
answer = 2 * 4.493 / (4 * np.pi / wavelength * np.sin(theta / 2))
""",
    ("nb12.q3", "one wavelength of path"): PATTERN
    + """
q = 4 * np.pi / wavelength * np.sin(theta / 2)
answer = 2 * np.pi / q
""",
    ("nb12.q3", "half a wavelength of path"): PATTERN
    + """
answer = np.pi / (4 * np.pi / wavelength * np.sin(theta / 2))
""",
    ("nb12.q3", "angle not halved"): PATTERN
    + """
answer = 4.493 * wavelength / (4 * np.pi * np.sin(theta))
""",
    ("nb12.q3", "angle in degrees"): PATTERN
    + """
degrees = np.rad2deg(theta)
answer = 4.493 * wavelength / (4 * np.pi * np.sin(degrees / 2))
""",
    ("nb12.q4", "divided by all sectors"): """
def my_correlation(ring, there):
    deviation = np.where(there, ring - ring[there].mean(), 0)
    return np.array([np.mean(deviation * np.roll(deviation, -d)) for d in range(len(ring))])
""",
    ("nb12.q4", "divided by the sectors with data"): """
def my_correlation(ring, there):
    deviation = np.where(there, ring - ring[there].mean(), 0)
    power = np.abs(np.fft.fft(deviation)) ** 2
    return np.fft.ifft(power).real / there.sum()
""",
    ("nb12.q4", "gap counted as data"): """
def my_correlation(ring, there):
    deviation = ring - ring.mean()
    return np.array([np.mean(deviation * np.roll(deviation, -d)) for d in range(len(ring))])
""",
    ("nb12.q4", "gap counted as dark"): """
def my_correlation(ring, there):
    ring = ring * there
    deviation = ring - ring.mean()
    return np.array([np.mean(deviation * np.roll(deviation, d)) for d in range(len(ring))])
""",
    ("nb12.q4", "mean not subtracted"): """
def my_correlation(ring, there):
    ring = np.where(there, ring, 0)
    sums = [np.sum(ring * np.roll(ring, -d)) for d in range(len(ring))]
    return np.array(sums) / [np.sum(there * np.roll(there, -d)) for d in range(len(ring))]
""",
    ("nb12.q5", "expected not normalised"): """
def my_orientation(photons, expected):
    likelihood = (photons[:, None] * np.log(expected)).sum(axis=-1)
    return likelihood.argmax(axis=1)
""",
    ("nb12.q5", "logarithm forgotten"): """
def my_orientation(photons, expected):
    share = expected / expected.sum(axis=1)[:, None]
    return (photons @ share.T).argmax(axis=1)
""",
    ("nb12.q5", "largest of the wrong axis"): """
def my_orientation(photons, expected):
    share = expected / expected.sum(axis=1)[:, None]
    return (photons @ np.log(share).T).argmax(axis=0)
""",
    ("nb12.q5", "least squares"): """
def my_orientation(photons, expected):
    return np.array([np.linalg.norm(expected - shot, axis=1).argmin() for shot in photons])
""",
}
