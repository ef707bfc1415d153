"""Fixtures of these tests."""

from tests.backend.array_modules import xp  # noqa: F401
