WRONG = {
    ("nb10.q1", "labels swapped"): """
def my_losses(real, generated):
    d = np.mean(np.log(1 + np.exp(real))) + np.mean(np.log(1 + np.exp(-generated)))
    return d, np.mean(np.log(1 + np.exp(generated)))
""",
    ("nb10.q1", "generated frames left out"): """
def my_losses(real, generated):
    p = 1 / (1 + np.exp(-real))
    q = 1 / (1 + np.exp(-generated))
    return -np.log(p).mean(), -np.log(q).mean()
""",
    ("nb10.q1", "generator helps the discriminator"): """
def my_losses(real, generated):
    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-generated))
    return -np.log(p).mean() - np.log(1 - q).mean(), -np.log(1 - q).mean()
""",
    ("nb10.q1", "discriminator's loss with a minus"): """
def my_losses(real, generated):
    p, q = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-generated))
    return -np.log(p).mean() - np.log(1 - q).mean(), np.log(1 - q).mean()
""",
    ("nb10.q2", "filled with 0"): """
def my_drop(frames, panels):
    views = frames.reshape(-1, 4, 15, 4, 15).copy()
    for view, number in zip(views, panels):
        view[number // 4, :, number % 4] = 0
    return views.reshape(-1, 60, 60)
""",
    ("nb10.q2", "one panel for all frames"): """
def my_drop(frames, panels):
    views = frames.copy()
    y, x = 15 * (panels[0] // 4), 15 * (panels[0] % 4)
    views[:, y : y + 15, x : x + 15] = -1
    return views
""",
    ("nb10.q2", "rows and columns swapped"): """
def my_drop(frames, panels):
    views = np.array(frames)
    for view, number in zip(views, panels):
        x, y = 15 * (number // 4), 15 * (number % 4)
        view[y : y + 15, x : x + 15] = -1
    return views
""",
    ("nb10.q2", "frames given were changed"): """
def my_drop(frames, panels):
    for frame, number in zip(frames, panels):
        y, x = 15 * (number // 4), 15 * (number % 4)
        frame[y : y + 15, x : x + 15] = -1
    return frames
""",
    ("nb10.q3", "a view among its own candidates"): """
def my_contrastive(a, b, temperature):
    z = np.vstack([a, b])
    z /= np.sqrt(np.sum(z**2, axis=1))[:, None]
    s, n = np.exp(z @ z.T / temperature), len(a)
    p = [s[i, (i + n) % (2 * n)] / s[i].sum() for i in range(2 * n)]
    return -np.mean(np.log(p))
""",
    ("nb10.q3", "lengths left in"): """
def my_contrastive(a, b, temperature):
    z, n = np.vstack([a, b]), len(a)
    s = np.exp(z @ z.T / temperature)
    np.fill_diagonal(s, 0)
    p = [s[i, (i + n) % (2 * n)] / s[i].sum() for i in range(2 * n)]
    return -np.mean(np.log(p))
""",
    ("nb10.q3", "only the other kind of view"): """
def my_contrastive(a, b, temperature):
    a = a / np.linalg.norm(a, axis=1, keepdims=True)
    b = b / np.linalg.norm(b, axis=1, keepdims=True)
    s = np.exp(a @ b.T / temperature)
    one, two = np.diag(s) / s.sum(axis=1), np.diag(s) / s.sum(axis=0)
    return -(np.log(one).mean() + np.log(two).mean()) / 2
""",
    ("nb10.q3", "times the temperature"): """
def my_contrastive(a, b, temperature):
    z, n = np.vstack([a, b]), len(a)
    z = z / np.linalg.norm(z, axis=1, keepdims=True)
    s = np.exp(z @ z.T * temperature)
    np.fill_diagonal(s, 0)
    p = [s[i, (i + n) % (2 * n)] / s[i].sum() for i in range(2 * n)]
    return -np.mean(np.log(p))
""",
    ("nb10.q4", "as if on different frames"): """
def my_difference(a, b):
    n, p, q = len(a), np.mean(a), np.mean(b)
    half = 1.96 * ((p * (1 - p) + q * (1 - q)) / n) ** 0.5
    return p - q, p - q - half, p - q + half
""",
    ("nb10.q4", "spread of single frames"): """
def my_difference(a, b):
    d = a * 1.0 - b * 1.0
    return d.mean(), d.mean() - 1.96 * d.std(ddof=1), d.mean() + 1.96 * d.std(ddof=1)
""",
    ("nb10.q4", "standard error alone"): """
def my_difference(a, b):
    d = a.astype(int) - b.astype(int)
    half = d.std() / len(d) ** 0.5
    return d.mean(), d.mean() - half, d.mean() + half
""",
    ("nb10.q5", "straight in the number of labels"): """
def my_labels(budgets, recalls, wanted):
    return np.interp(wanted, recalls, budgets, right=np.inf)
""",
    ("nb10.q5", "next budget"): """
def my_labels(budgets, recalls, wanted):
    enough = np.array(budgets)[recalls >= wanted]
    return enough[0] if len(enough) else np.inf
""",
    ("nb10.q5", "largest budget where none is enough"): """
def my_labels(budgets, recalls, wanted):
    return np.exp(np.interp(wanted, recalls, np.log(budgets)))
""",
}
