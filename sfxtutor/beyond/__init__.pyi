from . import budgets as budgets, claims as claims, pretraining as pretraining
