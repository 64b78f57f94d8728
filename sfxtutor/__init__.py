"""sfxtutor: telling hits from misses in serial femtosecond crystallography, in notebooks.

The public names stand in `__init__.pyi`. Each is loaded when it is first used, so that importing
the package costs nothing: neither TensorFlow nor Numba is imported before something needs them.
"""

import lazy_loader

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
