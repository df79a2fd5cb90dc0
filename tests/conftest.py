"""What all tests share."""

import signal

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

# A shell without job control, and nohup, start programs that ignore these signals, and so would
# everything that the tests start; the tests send them and expect them to be heard.
for _number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(
            _number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL
        )
