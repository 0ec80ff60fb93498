"""The spatial API of 民情地图: who answers for which place."""

import os

__version__ = "0.1.0"

# numpy's linear algebra would keep threads of its own, and ends them before every fork:
# one that misses its signal leaves the whole process waiting for ever, with Python's
# lock held. Nothing here multiplies matrices that are worth a thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
