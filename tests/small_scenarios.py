"""Scenario files for tests: small services that stand alone."""

_FRAME = """\
schema_version = 1
name = "{scenario}"
title = "{title}"
question = "What becomes of it?"
{months}baseline = ""
"""
_SERVICE = """
[[services]]
name = "{name}"
setting = "primary"
staff = {staff}
posts = {posts}
leader = "{leader}"
signal = "left_to_practitioners"
selection = "in_passing"
format = "individual"
pool = 12
inflow = 1.0
"""


def small_scenario(
    *services: str, scenario: str = "mine", title: str = "Small services", months: int | None = None, staff: int = 9,
    posts: int = 3, leader: str = "passive_supportive",
) -> str:  # fmt: skip
    """Text of a scenario with services of these names; names and title as TOML writes them between quotation marks."""
    frame = _FRAME.format(scenario=scenario, title=title, months="" if months is None else f"months = {months}\n")
    return frame + "".join(_SERVICE.format(name=name, staff=staff, posts=posts, leader=leader) for name in services)
