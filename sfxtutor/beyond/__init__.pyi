from . import (
    budgets as budgets,
    claims as claims,
    claims_ensembles as claims_ensembles,
    ensembles as ensembles,
    pretraining as pretraining,
    weak_labels as weak_labels,
)
