NETWORKS = """
import keras
from answers.networks import constant, counting, fitted, frames

x, y = frames("LN84", "rwd")
x_source, y_source = frames("LO19", "rwd")
sfx.set_seed(0)
source = fitted(sfx.build_rwd_cnn(), x_source, y_source)
"""

WRONG = {
    ("nb07.q1", "target labels used"): """
answer = np.array([1, 1, 0, 0])
""",
    ("nb07.q1", "domain labels taken for labels of hits"): """
answer = [True, False, False, False]
""",
    ("nb07.q1", "source labels left out"): """
answer = (0, 0, 1, 1)
""",
    ("nb07.q2", "reversed forward too"): """
def my_reversal(x, gradient, lambda_):
    return -x, -lambda_ * gradient
""",
    ("nb07.q2", "sign not turned"): """
def my_reversal(x, gradient, lambda_):
    return np.array(x), np.multiply(gradient, lambda_)
""",
    ("nb07.q2", "lambda forgotten"): """
def my_reversal(x, gradient, lambda_):
    return x, 0 - gradient
""",
    ("nb07.q2", "nothing reversed"): """
def my_reversal(x, gradient, lambda_):
    return x.copy(), gradient.copy()
""",
    ("nb07.q3", "target labels used"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    label = 0
    for p, truth in ((p_hit, y), (p_hit_target, y_target)):
        label -= np.mean(truth * np.log(p) + (1 - truth) * np.log(1 - p))
    return label - (np.log(p_target).mean() + np.log(1 - p_source).mean()) / 2
""",
    ("nb07.q3", "losses subtracted"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    label = -np.log(np.where(y, p_hit, 1 - p_hit)).mean()
    domain = -np.log(np.append(1 - p_source, p_target)).mean()
    return label - domain
""",
    ("nb07.q3", "runs exchanged"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    label = -(np.log(p_hit[y]).sum() + np.log(1 - p_hit[~y]).sum()) / len(y)
    right = np.concatenate([p_source, 1 - p_target])
    return label - np.mean(np.log(right))
""",
    ("nb07.q3", "frames missing in the domain loss"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    given = np.where(y, p_hit, 1 - p_hit)
    return np.mean(-np.log(given)) + np.mean(-np.log(p_target))
""",
    ("nb07.q3", "sums, not means"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    label = -np.sum(np.log(np.where(y, p_hit, 1 - p_hit)))
    return label - np.sum(np.log(1 - p_source)) - np.sum(np.log(p_target))
""",
    ("nb07.q3", "logarithm of another base"): """
def my_loss(p_hit, y, p_hit_target, y_target, p_source, p_target):
    label = -np.log2(np.where(y, p_hit, 1 - p_hit)).mean()
    return label - np.log2(np.append(1 - p_source, p_target)).mean()
""",
    ("nb07.q4", "target labels used"): """
def my_epoch(val_loss, domain_val_loss, target_merit):
    risk = val_loss + np.maximum(0, np.log(2) - domain_val_loss)
    best_three = np.argsort(risk)[:3]
    return best_three[np.argmax(target_merit[best_three])] + 1
""",
    ("nb07.q4", "counted from 0"): """
def my_epoch(val_loss, domain_val_loss, target_merit):
    return np.argmin(val_loss + np.maximum(0, np.log(2) - domain_val_loss))
""",
    ("nb07.q4", "source loss alone"): """
def my_epoch(val_loss, domain_val_loss, target_merit):
    losses = val_loss.tolist()
    return 1 + losses.index(min(losses))
""",
    ("nb07.q4", "domain loss alone"): """
def my_epoch(val_loss, domain_val_loss, target_merit):
    return np.argsort(domain_val_loss)[-1] + 1
""",
    ("nb07.q4", "floor missing"): """
def my_epoch(val_loss, domain_val_loss, target_merit):
    return 1 + np.argmin(val_loss + (0.6931 - domain_val_loss))
""",
    ("nb07.q5", "nothing trained"): NETWORKS
    + """
answer = source, source
""",
    ("nb07.q5", "labels inverted"): NETWORKS
    + """
answer = source, counting(x, ~y, 0.2)
""",
    ("nb07.q5", "one answer to every frame"): NETWORKS
    + """
answer = source, constant((720,), 3.0)
""",
    ("nb07.q5", "networks exchanged"): NETWORKS
    + """
answer = [counting(x, y, 0.2), counting(x, y, 1.0, weights={0: 9, 1: 1})]
""",
    ("nb07.q5", "no clear gain"): NETWORKS
    + """
tuned = keras.models.clone_model(source)
tuned.set_weights(source.get_weights())
answer = source, fitted(tuned, x_source, y_source, epochs=1, rate=1e-5)
""",
}
