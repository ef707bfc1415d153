"""Settings that all tests share."""

import os

from hypothesis import settings

# No deadlines: a busy machine is no bug. In CI the same examples every time.
settings.register_profile("wordkit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("wordkit")
