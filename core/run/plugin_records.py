"""What `run.json` says about plugins, and which plugin files changed between two starts."""

from typing import Any

from editgauge.core.hooks.plugin_manager import PluginManager


def plugin_records(plugins: PluginManager) -> list[dict[str, Any]]:
    """Return name, package and version of every loaded plugin; path and digest of a plugin file."""
    return [
        {"name": info.name, "package": info.package, "version": info.version}
        | ({"path": info.path, "sha256": info.sha256} if info.path else {})
        for info in plugins.plugins.values()
        if info.state == "loaded"
    ]


def add_earlier_digests(manifest: dict[str, Any], former: dict[str, Any]) -> None:
    """Record what plugin files were at earlier starts of a run, where they were something else.

    Args:
        manifest: that of this start.
        former: that of the start before it.
    """
    before = {record.get("name"): record for record in _records(former)}
    for record in _records(manifest):
        earlier = before.get(record.get("name"), {})
        digests = [*earlier.get("earlier_sha256", []), earlier.get("sha256")]
        other = [digest for digest in dict.fromkeys(digests) if digest != record.get("sha256")]
        if "sha256" in record and (found := [digest for digest in other if digest]):
            record["earlier_sha256"] = found


def changed_plugin_files(manifest: dict[str, Any]) -> list[str]:
    """Return a line for each plugin file that is not what it was at an earlier start."""
    return [
        f"the plugin file {record['path']} has changed since this run began (SHA-256 "
        f"{record['earlier_sha256'][-1][:12]} then, {record['sha256'][:12]} now); finished results "
        "are kept as they are, and the rest is made by the file as it is now"
        for record in _records(manifest)
        if record.get("earlier_sha256")
    ]


def _records(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    records = manifest.get("plugins")
    return (
        [record for record in records if isinstance(record, dict)]
        if isinstance(records, list)
        else []
    )
