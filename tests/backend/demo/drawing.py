"""Changji, drawn once by each process that runs tests: drawing it takes seconds, and always gives the same."""

from functools import cache

from backend.demo.geography import changji

drawn = cache(changji)
