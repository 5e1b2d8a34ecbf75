"""Every run of the tests draws the same examples and none depends on how fast the machine is."""

from hypothesis import settings

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")
