"""GEdit-Bench for editgauge: a dataset, a reward model and a reporter, registered by name.

Nothing of them is imported here: the judge's worker imports this file, too, maybe in a Python that
has neither pydantic nor pyarrow.
"""

import editgauge


@editgauge.hookimpl
def register_datasets(register: editgauge.Register) -> None:
    """Register the dataset `gedit-bench`."""
    register(
        "gedit-bench",
        config="editgauge_gedit.config:GEditBenchConfig",
        target="editgauge_gedit.dataset:GEditBench",
        summary="the benchmark GEdit-Bench, as its parquet files have it",
        api="1.0",
    )


@editgauge.hookimpl
def register_reward_models(register: editgauge.Register) -> None:
    """Register the reward model `gedit-judge`."""
    register(
        "gedit-judge",
        config="editgauge_gedit.config:GEditJudgeConfig",
        target="editgauge_gedit.judge:GEditJudge",
        summary="asks a served judge for consistency and quality; sqrt(SC x PQ)",
        api="1.0",
    )


@editgauge.hookimpl
def register_reporters(register: editgauge.Register) -> None:
    """Register the reporter `gedit-table`."""
    register(
        "gedit-table",
        config="editgauge_gedit.config:GEditTableConfig",
        target="editgauge_gedit.table:GEditTable",
        summary="writes gedit.json: SC, PQ and overall by task type, and their mean",
        api="1.0",
    )
