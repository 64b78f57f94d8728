from . import pretraining as pretraining
