"""What all tests share."""

import hypothesis

# A deadline for one example would measure how busy the machine is; pytest-timeout bounds the whole.
# No database of examples: what a test tries is the same everywhere.
hypothesis.settings.register_profile(
    "editgauge",
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("editgauge")
