"""The long version of the model test: `pytest tests/model --hypothesis-profile=long`."""

from hypothesis import settings

LONG = "long"

settings.register_profile(LONG, max_examples=400, stateful_step_count=60, print_blob=True)
