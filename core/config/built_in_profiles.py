"""The profiles that come with editgauge: what each sets, and why.

They are plain data, merged over a configuration like any other profile. `editgauge config show
--profile NAME --origin` prints them with their reasons.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from editgauge.core.config.merging import merge


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltInProfile:
    """A profile that needs no file.

    Attributes:
        name: as given to `--profile`.
        purpose: where it belongs and what it does, in a sentence.
        keys: what it sets, as it would stand under `profiles`.
        on_github: what it sets besides in a job of GitHub Actions.
        reasons: by dotted path of a key that it sets, why.
    """

    name: str
    purpose: str
    keys: Mapping[str, Any]
    on_github: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def keys_under(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """Return what it sets in an environment (`GITHUB_ACTIONS`)."""
        on_github = environ.get("GITHUB_ACTIONS") == "true"
        # A copy down to the ground: overrides are set in what becomes of it.
        return deepcopy(merge(self.keys, self.on_github if on_github else {}))


_LAPTOP = BuiltInProfile(
    name="laptop",
    purpose="For a person at a terminal or in a notebook: bars, and something to look at.",
    keys={"progress": "auto", "reporters": {"html": {}, "events": {}}},
    reasons={
        "progress": "bars where they can be drawn, and lines when the same command is piped",
        "reporters.html": "pictures and scores to look at when the run has ended",
        "reporters.events": "what was not asked for can be had later, by `editgauge replay`",
    },
)

_CI = BuiltInProfile(
    name="ci",
    purpose="For a build system: lines in its log, and reports that it can read.",
    keys={
        "progress": "plain",
        "reporters": {"plain": {"steps": False}, "junit": {}, "events": {}},
    },
    on_github={"reporters": {"github": {}}},
    reasons={
        "progress": "a build's log keeps every frame of a bar; the same lines come on a laptop, "
        "where the job is tried",
        "reporters.plain.steps": "nobody watches the steps of a build, and its log has limits",
        "reporters.junit": "build systems show its test cases, one for each sample",
        "reporters.github": "annotations and a summary on the job's page; elsewhere it has nowhere "
        "to write",
        "reporters.events": "a build that failed can be looked at by `editgauge replay`",
    },
)

_PRODUCTION = BuiltInProfile(
    name="production",
    purpose="For runs that nobody watches: errors and one closing line on the terminal, "
    "everything in files.",
    keys={
        "progress": "quiet",
        "reporters": {
            "plain": {"level": "errors"},
            "json": {"path": "{run_dir}/log.jsonl", "level": "info", "steps": False},
            "file": {"detail": "full"},
            "events": {},
        },
    },
    reasons={
        "progress": "what a scheduler keeps of a terminal, or sends by mail, should be worth it",
        "reporters.plain.level": "retries and replaced workers mend themselves; files have them",
        "reporters.json.path": "beside the results, so that a run stays whole when it is moved; "
        "for a log shipper, set a path of its own",
        "reporters.json.level": "for log systems, which count what they are sent",
        "reporters.json.steps": "steps are most of the events, and `events` has them",
        "reporters.file.detail": "to be read when something is wrong, so nothing is left out",
        "reporters.events": "the lossless record, from which every other report can be made",
    },
)

BUILT_IN_PROFILES: Mapping[str, BuiltInProfile] = {
    profile.name: profile for profile in (_LAPTOP, _CI, _PRODUCTION)
}
"""By name, from the least to the most silent."""
