"""The result of a run: its tables as DataFrames, wherever they are kept."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.history import STATES
from sim.measures import REGION
from sim.measures.values import LEADING
from sim.remake import REPORT

if TYPE_CHECKING:
    import pandas as pd

    from sim.figures import NotMade

_SHARES: Final = {f"share_{state}": state for state in STATES}
_LEADING: Final = {name: name.removeprefix("share_") for name in LEADING}
"""Outcomes of ``summary_states``, and their columns in ``Run.state_shares``."""


class Run:
    """A run of a scenario.

    Parameters
    ----------
    manifest : dict
        What ran; see ``sim.store.manifest``.
    tables : tuple of str
        Names of the tables there are.
    load : callable
        Gives the DataFrame of a table; asked once for each.
    folder : pathlib.Path, optional
        Results folder; None for a run in memory.
    not_made : sequence of NotMade
        Figures, or the report, that could not be made just now.

    Examples
    --------
    >>> import sim
    >>> run = sim.run("nine-services", replicates=2, months=12)
    >>> run.tables[:2]
    ('services_start', 'worlds')
    >>> list(run.state_shares()["service"])[-2:]
    ['I', 'all services']
    """

    def __init__(
        self,
        manifest: dict[str, Any],
        tables: tuple[str, ...],
        load: Callable[[str], "pd.DataFrame"],
        folder: Path | None = None,
        not_made: "Sequence[NotMade]" = (),
    ) -> None:
        self.manifest = manifest
        self.tables = tables
        self.folder = folder
        self.not_made = tuple(not_made)
        self._load = load
        self._frames: dict[str, pd.DataFrame] = {}

    @classmethod
    def open(cls, folder: str | Path, *, not_made: "Sequence[NotMade]" = ()) -> "Run":
        """Open a results folder; tables are read when they are asked for.

        Parameters
        ----------
        folder : str or pathlib.Path
        not_made : sequence of NotMade
            Figures, or the report, that could not be made just now.

        Raises
        ------
        BadInput
            When the folder or its manifest is not sound.
        """
        from sim.problems import path_of
        from sim.store.reader import read_manifest, read_table

        place = path_of(folder, "folder")
        manifest = read_manifest(place)
        return cls(manifest, tuple(manifest["tables"]), lambda name: read_table(place, name), place, not_made)

    def table(self, name: str) -> "pd.DataFrame":
        """Table by name, read at the first use.

        Parameters
        ----------
        name : str
            One of ``tables``.

        Raises
        ------
        BadInput
            For a name that is no table of this run, or a table that is damaged.
        """
        from sim.problems import BadInput, Problem, did_you_mean

        if name not in self.tables:
            hint = did_you_mean(name, self.tables)
            raise BadInput([Problem(str(self.folder or "run"), f"there is no table '{name}'", ", ".join(self.tables), hint)])
        if name not in self._frames:
            self._frames[name] = self._load(name)
        return self._frames[name]

    @property
    def services_start(self) -> "pd.DataFrame":
        """How each service starts."""
        return self.table("services_start")

    @property
    def worlds(self) -> "pd.DataFrame":
        """What each replicate was run with: its world, its member of the ensemble, and the values that the member sets."""
        return self.table("worlds")

    @property
    def services_monthly(self) -> "pd.DataFrame":
        """Every service at every month of every replicate."""
        return self.table("services_monthly")

    @property
    def services_end(self) -> "pd.DataFrame":
        """Every service at the horizon of every replicate."""
        return self.table("services_end")

    @property
    def region_monthly(self) -> "pd.DataFrame":
        """All services together, at every month of every replicate."""
        return self.table("region_monthly")

    @property
    def practitioners_end(self) -> "pd.DataFrame":
        """Every post after the last month of every replicate."""
        return self.table("practitioners_end")

    @property
    def outcomes(self) -> "pd.DataFrame":
        """Every outcome of the region, of services and of groups at every month: mean and its Monte Carlo standard error."""
        return self.table("summary_monthly")

    @property
    def landmarks(self) -> "pd.DataFrame":
        """States and the main outcomes at months 12, 24, 36 ... side by side, with their Monte Carlo standard errors."""
        return self.table("summary_states")

    @property
    def survival(self) -> "pd.DataFrame":
        """Survival to the first abandonment (Kaplan-Meier) with pointwise bands."""
        return self.table("summary_survival")

    @property
    def definitions(self) -> "pd.DataFrame":
        """How much hangs on the definitions: outcomes at the horizon with each definition at its bounds, in a few replicates."""
        return self.table("summary_definitions")

    @property
    def report(self) -> Path | None:
        """Report of the results folder, if there is one."""
        if self.folder is None or not (self.folder / REPORT).is_file():
            return None
        return self.folder / REPORT

    def state_shares(self) -> "pd.DataFrame":
        """Share of replicates of what becomes of each service at the landmark months; all services together last.

        Returns
        -------
        pandas.DataFrame
            Columns ``service`` and ``month``; then what results lead with: ``kept_going``, ``given_up``, ``high_every_look``
            (missing before the first look), ``operating``, ``silent``; then one for each of the old states, which add up to
            1. No service of its own where there are very many. A folder of the first version has only the states.
        """
        import pandas as pd

        found = self.table("summary_states")
        parts = [found[found["group"] == group] for group in ("service", "region")]
        names = {"unit": "service", "month": "month"} | {one: name for one, name in _LEADING.items() if one in found} | _SHARES
        shares = pd.concat(parts, ignore_index=True)[list(names)].rename(columns=names)
        return shares.astype({"service": str})

    def realised_turnover(self) -> float:
        """Share of practitioners in post who left within a year, whatever made them leave; NaN if unknown."""
        from sim.measures.turnover import realised_turnover

        return realised_turnover(self.table("summary_monthly"))

    def _about(self) -> str:
        one = self.manifest
        return (
            f"{one['scenario']['name']}: {one['replicates']} replicates of {one['months']} months, seed {one['seed']}, "
            f"engine {one['engine']}"
        )

    def __repr__(self) -> str:
        where = f" in {self.folder}" if self.folder else ""
        return f"<Run of {self._about()}{where}; tables {', '.join(self.tables)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what ran, and what became of the services on average."""
        shares = self.state_shares()
        shares = shares[shares["service"] == REGION].drop(columns="service")
        shown = shares.rename(columns=lambda name: str(name).replace("_", " "))
        body = shown.to_html(index=False, float_format=lambda share: f"{100 * share:.0f} %", border=0)
        lines = [
            f"<p><b>{html.escape(self.manifest['title'])}</b><br>{html.escape(self._about())}</p>",
            "<p>Share of services, mean over replicates: what leads, and then the old states:</p>",
            body,
            f"<p>{html.escape(self.manifest['census'])}. Tables: {', '.join(self.tables)}.</p>",
        ]
        if self.report is not None:
            lines.append(f"<p>Report: <code>{html.escape(str(self.report))}</code></p>")
        return "\n".join(lines)
