"""What ``sustain cite`` prints: how to cite the software, the study that it is built on, and that study's project.

The study's text, as it was at hand, has neither its own title nor authors, year, journal or DOI; what it says of itself is given
instead, and nothing is added from memory.
"""

from typing import Final

from sim import __version__

YEAR: Final = 2026

TITLE: Final = "practice-sustainment: a simulation of how an evidence-based practice is sustained, drifts or is abandoned"

REGISTRATION: Final = "NCT02077829"

REGISTRATION_URL: Final = f"https://clinicaltrials.gov/study/{REGISTRATION}"

COMPANION_DOI: Final = "10.1186/s13033-017-0120-z"

CITATION: Final = f"The practice-sustainment authors ({YEAR}). {TITLE} (version {__version__}) [computer software]."

STUDY: Final = (
    "Focus-group study of 26 mental health practitioners with high fidelity scores, in nine Norwegian services, on the use and "
    "further use of illness management and recovery. Interviews after 12 months of use; project of November 2013 to June 2015. "
    f"Trial registration: ClinicalTrials.gov {REGISTRATION}, registered 25 February 2014. {REGISTRATION_URL}"
)

UNKNOWN: Final = (
    "The text that this model was built from does not give the article's own authors, title, year and DOI. The registration "
    "leads to the project; please complete the reference from the article itself."
)

COMPANION: Final = (
    "Egeland, Ruud, Ogden, Faerdig, Lindstroem, Heiervang (2017). International Journal of Mental Health Systems 11:13. "
    f"https://doi.org/{COMPANION_DOI}"
)

BIBTEX: Final = f"""@software{{practice_sustainment,
  author = {{{{The practice-sustainment authors}}}},
  title = {{{TITLE}}},
  year = {{{YEAR}}},
  version = {{{__version__}}},
  license = {{MIT}},
}}

@misc{{{REGISTRATION.lower()},
  author = {{{{The authors of the focus-group study registered as {REGISTRATION}}}}},
  title = {{Focus-group study of 26 practitioners in nine mental health services on the further use of illness management
    and recovery}},
  year = {{2014}},
  note = {{Trial registration ClinicalTrials.gov {REGISTRATION}, registered 25 February 2014; year of the registration}},
  url = {{{REGISTRATION_URL}}},
}}

@article{{egeland2017,
  author = {{Egeland and Ruud and Ogden and Faerdig and Lindstroem and Heiervang}},
  journal = {{International Journal of Mental Health Systems}},
  year = {{2017}},
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
    print(f"{CITATION}\n\nThe study that the nine services and their mechanisms come from:\n{STUDY}\n{UNKNOWN}\n")
    print(f"The evaluation of the same project's implementation, which the study refers to:\n{COMPANION}")
