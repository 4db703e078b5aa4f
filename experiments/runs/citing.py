"""What ``sustain cite`` prints: how to cite the software, the study that it is built on, and that study's project.

The study's text, as it was at hand, has neither its title nor its authors, journal or DOI. They are those of the bibliographic
record (PubMed 31190179) whose abstract and trial registration are those of the text, word for word.
"""

from typing import Final

from sim import __version__

YEAR: Final = 2026

TITLE: Final = "practice-sustainment: a simulation of how an evidence-based practice is sustained, drifts or is abandoned"

REGISTRATION: Final = "NCT02077829"

REGISTRATION_URL: Final = f"https://clinicaltrials.gov/study/{REGISTRATION}"

STUDY_YEAR: Final = 2019
STUDY_DOI: Final = "10.1007/s10597-019-00430-8"
STUDY_TITLE: Final = (
    "Significance of Leaders for Sustained Use of Evidence-Based Practices: A Qualitative Focus-Group Study with Mental Health "
    "Practitioners"
)
STUDY_AUTHORS: Final = (
    ("Egeland", "Karina M."), ("Hauge", "Mona-Iren"), ("Ruud", "Torleif"), ("Ogden", "Terje"), ("Heiervang", "Kristin Sverdvik"),
)  # fmt: skip
"""Family and given names."""

COMPANION_YEAR: Final = 2017
COMPANION_DOI: Final = "10.1186/s13033-017-0120-z"
COMPANION_TITLE: Final = (
    "How to implement Illness Management and Recovery (IMR) in mental health service settings: evaluation of the implementation "
    "strategy"
)
COMPANION_AUTHORS: Final = (
    ("Egeland", "Karina Myhren"), ("Ruud", "Torleif"), ("Ogden", "Terje"), ("Färdig", "Rickard"),
    ("Lindstrøm", "Jonas Christoffer"), ("Heiervang", "Kristin Sverdvik"),
)  # fmt: skip

Names = tuple[tuple[str, str], ...]


def _written(authors: Names) -> str:
    """Names as a list of references has them."""
    *most, last = (f"{family}, {given}" for family, given in authors)
    return f"{'; '.join(most)} & {last}"


def _bibtex(authors: Names) -> str:
    return " and ".join(f"{family}, {given}" for family, given in authors)


CITATION: Final = f"The practice-sustainment authors ({YEAR}). {TITLE} (version {__version__}) [computer software]."

STUDY: Final = (
    f"{_written(STUDY_AUTHORS)} ({STUDY_YEAR}). {STUDY_TITLE}. Community Mental Health Journal 55(8), 1344-1353. "
    f"https://doi.org/{STUDY_DOI}\n"
    f"Trial registration: ClinicalTrials.gov {REGISTRATION}, registered 25 February 2014. {REGISTRATION_URL}"
)

COMPANION: Final = (
    f"{_written(COMPANION_AUTHORS)} ({COMPANION_YEAR}). {COMPANION_TITLE}. International Journal of Mental Health Systems 11, "
    f"13. https://doi.org/{COMPANION_DOI}"
)

BIBTEX: Final = f"""@software{{practice_sustainment,
  author = {{{{The practice-sustainment authors}}}},
  title = {{{TITLE}}},
  year = {{{YEAR}}},
  version = {{{__version__}}},
  license = {{MIT}},
}}

@article{{egeland2019,
  author = {{{_bibtex(STUDY_AUTHORS)}}},
  title = {{{STUDY_TITLE}}},
  journal = {{Community Mental Health Journal}},
  year = {{{STUDY_YEAR}}},
  volume = {{55}},
  number = {{8}},
  pages = {{1344--1353}},
  doi = {{{STUDY_DOI}}},
  note = {{Trial registration ClinicalTrials.gov {REGISTRATION}, {REGISTRATION_URL}}},
}}

@article{{egeland2017,
  author = {{{_bibtex(COMPANION_AUTHORS)}}},
  title = {{{COMPANION_TITLE}}},
  journal = {{International Journal of Mental Health Systems}},
  year = {{{COMPANION_YEAR}}},
  volume = {{11}},
  pages = {{13}},
  doi = {{{COMPANION_DOI}}},
}}"""


def show_citation(*, bibtex: bool = False) -> None:
    """Print how to cite the software, the study that it is built on, and the evaluation of the same project.

    Parameters
    ----------
    bibtex : bool
        As BibTeX instead of prose.
    """
    if bibtex:
        print(BIBTEX)
        return
    print(f"{CITATION}\n\nThe study that the nine services and their mechanisms come from:\n{STUDY}\n")
    print(f"The evaluation of the same project's implementation, which the study refers to:\n{COMPANION}")
