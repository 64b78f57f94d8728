"""What a lesson found: sentences that its numbers decide, in a box."""

from dataclasses import dataclass
from html import escape


def conclude(difference: tuple[float, float, float], more: str, less: str, unclear: str) -> str:
    """The sentence that a difference of two rates supports, with the difference in points.

    Parameters
    ----------
    difference : (value, low, high)
        A difference of two rates, as shares, and its 95 % interval.
    more, less, unclear : str
        What is true if the interval lies above 0, below 0, or includes 0; without a full stop.

    Returns
    -------
    str, such as "RWD finds more hits (+10.3 points, 95 %: +8.0 to +12.6)."  It has two digits
    where one would round the end that decides to 0.
    """
    value, low, high = (100 * number for number in difference)
    sentence = more if low > 0 else less if high < 0 else unclear
    nearest = low if low > 0 else -high
    of = "+.2f" if 0 < nearest < 0.05 else "+.1f"
    return f"{sentence} ({value:{of}} points, 95 %: {low:{of}} to {high:{of}})."


@dataclass(frozen=True, repr=False)
class Findings:
    """A box of sentences; shows itself in a notebook, and as text elsewhere.

    Attributes
    ----------
    conditions : str, of which they are true: "seed 0, quick profile, twin"
    sentences : tuple of str
    """

    conditions: str
    sentences: tuple

    def __repr__(self):
        return "\n".join([self._title, *(f"- {sentence}" for sentence in self.sentences)])

    @property
    def _title(self):
        return f"With {self.conditions} we found:"

    def _repr_html_(self):
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return (
            '<div style="border: 1px solid; border-left-width: 6px; border-radius: 4px; '
            'padding: 0.2em 1em; margin: 0.5em 0">'
            f"<p><strong>{escape(self._title)}</strong></p><ul>{items}</ul></div>"
        )


def found(seed: int, *sentences: str, source: str = "twin", profile: str = "") -> Findings:
    """A box of what was found with that seed; `profile` is that of the trainings, if any."""
    trained = f", {profile} profile" if profile else ""
    return Findings(f"seed {seed}{trained}, {source}", sentences)
