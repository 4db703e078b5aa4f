"""The end of a sweep: tables, manifest and report, and bringing shards together."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from experiments.kit.files import finish_manifest
from experiments.sweeps import ROOM
from experiments.sweeps.gather import Gathered, gather
from experiments.sweeps.jobs import Block, jobs_of
from experiments.sweeps.pairs import stored_runs
from experiments.sweeps.study import Study, from_machine_form
from sim.problems import BadInput, Problem
from sim.remake import FIGURES, REPORT
from sim.store.folder import write_text_whole
from sim.store.identity import code_words
from sim.store.parts import PartStore

STUDY_TEXT: Final = "study.toml"
STUDY_FORM: Final = "study.json"


def stored_replicates(folder: Path) -> int:
    """Replicates of the study that a folder holds; 0 where there is none."""
    try:
        there = json.loads((folder / STUDY_FORM).read_text(encoding="utf-8"))["replicates"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return there if isinstance(there, int) else 0


def gave_way(study: Study, store: PartStore, out: Path) -> bool:
    """Whether a larger study is under way in the folder by now; then what only the smaller one needed is removed.

    Parameters
    ----------
    study : Study
    store : PartStore
        Held alone.
    out : pathlib.Path
    """
    if stored_replicates(out) <= study.replicates:
        return False
    blocks = [Block(*pair) for pair in store.identity["jobs"]]
    store.prune([job.name for job in jobs_of(stored_study(out), blocks, str(store.identity["code"]))])
    return True


def write_study(study: Study, out: Path) -> None:
    """Write what is run beside the parts; a manifest and a report from before speak of less and go.

    Parameters
    ----------
    study : Study
    out : pathlib.Path
        Whose store is held alone.
    """
    from sim.store.manifest import MANIFEST

    for name in (MANIFEST, REPORT):
        (out / name).unlink(missing_ok=True)
    texts = {STUDY_FORM: json.dumps(study.machine_form(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"}
    if study.text:
        texts[STUDY_TEXT] = study.text
    for name, text in texts.items():
        if not (out / name).exists() or (out / name).read_bytes() != text.encode():
            write_text_whole(out / name, text)


def gather_into(
    study: Study,
    store: PartStore,
    out: Path,
    names: Sequence[str],
    lost: Sequence[Mapping[str, Any]],
    started: datetime,
    began: float,
    *,
    report: bool = True,
    said: Callable[[str], None] | None = None,
) -> Gathered | None:
    """Write tables, codebook, manifest and report of a sweep: each appears whole, the manifest last.

    Parameters
    ----------
    study : Study
    store : PartStore
    out : pathlib.Path
    names : sequence of str
        All jobs; those that are not done are passed over.
    lost : sequence of mapping
        Rows of jobs without a result.
    started : datetime.datetime
    began : float
        ``perf_counter`` then.
    report : bool
    said : callable, optional
        Told, in a sentence, for which other process it waits and until when.

    Returns
    -------
    Gathered or None
        None when a larger study is under way in the folder by now: its end will gather.
    """
    from experiments.sweeps.declared import part_tables, shape_of
    from experiments.sweeps.reporting import manifest_of, report_into
    from sim.store.writer import TABLES, write_codebook

    computed = perf_counter() - began
    # One after the other: of two processes that end at the same moment, both see that nothing is missing.
    with store.alone(said=said), store.workshop() as working:
        if gave_way(study, store, out):
            return None
        store.prune(names)
        done = [name for name in names if store.is_done(name)]
        found = gather(study, store, done, working, lost=lost)
        every = [*found.declared, *part_tables(shape_of(study)).values()]
        write_codebook(working, every, parameter_values=study.values_in_words)
        timing = {"jobs": computed, "tables": perf_counter() - began - computed}
        manifest = manifest_of(study, store, found, started=started, timing=timing, folder=out)
        if report:
            runs = stored_runs(store, done) if "outcomes" in study.keep else None
            page = partial(report_into, working, study, found, manifest, name=out.resolve().name, runs=runs)
            found.pages.make("figures and report", page)
        stale = {path.name for path in (out / TABLES).glob("*")} if (out / TABLES).is_dir() else set()
        (out / TABLES).mkdir(exist_ok=True)
        for path in sorted((working / TABLES).iterdir()):
            path.replace(out / TABLES / path.name)
        for name in stale - {Path(one.file).name for one in found.tables}:
            (out / TABLES / name).unlink(missing_ok=True)
        # no report unless it was asked for, no figures where every run failed
        made = [name for name in ("codebook.csv", "codebook.md", REPORT, FIGURES) if (working / name).exists()]
        shutil.rmtree(out / FIGURES, ignore_errors=True)
        for name in made:
            (working / name).replace(out / name)
        finish_manifest(out, manifest, [*made, *manifest["inputs"]], timing=timing, pages=found.pages)
    return found


def stored_study(folder: Path) -> Study:
    """Study of a sweep's folder.

    Raises
    ------
    BadInput
        When there is none, or it is none for this version.
    """
    from pydantic import ValidationError

    where = str(folder / STUDY_FORM)
    hint = "give the folder of a sweep; a sweep that was stopped at its very beginning is begun again"
    try:
        form = json.loads((folder / STUDY_FORM).read_text(encoding="utf-8"))
        text = (folder / STUDY_TEXT).read_text(encoding="utf-8") if (folder / STUDY_TEXT).exists() else ""
        return replace(from_machine_form(form), text=text)
    except OSError as error:
        raise BadInput([Problem(where, f"cannot be read: {error.strerror}", "the file that the sweep wrote", hint)]) from None
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError) as error:
        what = f"is no study for this version: {str(error).splitlines()[0]}"
        raise BadInput([Problem(where, what, "a study's machine form", hint)]) from None


def other_version(store: PartStore, study: Study) -> str:
    """That another version of the model made the parts of a store; empty where this one did, or one that is asked the same thing.

    Parameters
    ----------
    store : PartStore
    study : Study
        As :func:`stored_study` gives it. Where this version has parameters or mechanisms more than the one that made the parts,
        it is another study than theirs.
    """
    if study.hash == store.identity["study"] or store.identity["code"] == ROOM.runs_identity():
        return ""
    return f"was made by another version of the model: {code_words({'identity': store.identity, 'about': store.about})}"
