"""penlift trains a network to write by hand, and says honestly how well it does.

Import what you need from its own module (``from penlift.model.mixture import Mixture``): nothing is re-exported
here, so that a pipeline stage loads, and depends on, only the code that it runs.
"""
