"""The list of a class: who a submission belongs to, and who handed nothing in."""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from ..student import plain_name
from .tables import read_table

# Headers as the exports of Canvas, Moodle, Blackboard and Brightspace have them, and others.
COLUMNS = {
    "name": ("name", "full name", "fullname", "student", "student name", "display name", "姓名"),
    "first": ("first name", "firstname", "given name", "vorname", "prénom"),
    "last": ("last name", "lastname", "surname", "family name", "nachname", "nom"),
    "login": ("login", "username", "user name", "sis login id", "login id", "netid", "user",
              "account", "benutzername", "kennung"),
    "id": ("id", "identifier", "student id", "user id", "sis user id", "sis id", "id number",
           "orgdefinedid", "sid", "matriculation", "matrikelnummer", "matrikel", "email",
           "email address", "e-mail", "mail", "学号"),
    "works as": ("works as", "seed name", "sfxtutor_student"),
}  # fmt: skip
NOBODY = {"pointspossible", "teststudent", "student,test"}  # rows that Canvas adds
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


@dataclass(frozen=True)
class Person:
    """A row of the roster; `works_as` is the name that the personal seed is made of."""

    name: str
    login: str = ""
    ids: tuple = ()
    works_as: str = ""

    @property
    def id(self):
        """The first id, else the login, "" without both."""
        return (*self.ids, self.login, "")[0]


@dataclass
class Roster:
    """The people of a class; `people` is a list of Person.

    Two of one name are distinguished by ids or logins.
    """

    people: list
    keys: dict = field(init=False)
    names: dict = field(init=False)
    orders: dict = field(init=False)

    def __post_init__(self):
        self.keys, self.names, self.orders = (defaultdict(set) for _ in range(3))
        for person in self.people:
            for key in filter(None, (person.login, *person.ids)):
                self.keys[plain_name(key)].add(person)
            self.names[plain_name(person.name)].add(person)
            for order in orders_of(person.name):
                self.orders[order].add(person)

    def find(self, owner):
        """Who that `owners.Owner` is: the Person or None, and a note, "" where all is clear.

        A name goes before an id, since the numbers of a platform may not be those of the roster.
        """
        keyed = set()
        parts = owner.id.split("-") if re.fullmatch(r"\d+-\d+", owner.id) else ()  # Brightspace
        for key in (owner.id, *parts, owner.name):
            keyed |= self.keys.get(plain_name(key), set()) if key else set()
        named = self.names.get(plain_name(owner.name)) or self.orders.get(plain_name(owner.name))
        named = named or self.without_group(owner.name)
        if len(keyed & named) == 1 or len(named) == 1:
            (person,) = keyed & named if len(keyed & named) == 1 else named
            other = keyed - {person}
            return person, f"its id is that of {listed(other)} in the roster" if other else ""
        if named:
            return None, f"{len(named)} in the roster have this name, and none this id"
        if len(keyed) == 1:
            return self.by_id(owner, *keyed)
        close = get_close_matches(owner.name, [person.name for person in self.people], n=1)
        return None, "not in the roster" + (f"; the nearest name is {close[0]}" if close else "")

    def by_id(self, owner, person):
        """As `find`, where the id alone fits: it is taken unless the names contradict it."""
        if plain_name(owner.name) in {plain_name(key) for key in (person.login, *person.ids)}:
            return person, ""
        if related(owner.name, person.name):
            return person, f"handed in as {owner.name!r}, by the id {person.name} of the roster"
        return None, f"not in the roster, where its id is that of {person.name}"

    def without_group(self, name):
        """Who has that name behind the group that Moodle puts before it, "Group A-Ada Lovelace"."""
        parts = name.split("-")
        rests = ("-".join(parts[number:]) for number in range(1, len(parts)))
        return next(filter(None, (self.names.get(plain_name(rest)) for rest in rests)), set())

    def label(self, person):
        """Name under which a person's row stands: with the id where several have the name."""
        several = len(self.names[plain_name(person.name)]) > 1
        return f"{person.name} ({person.id})" if several and person.id else person.name


def read_roster(path):
    """Read a roster: CSV with a header, of which name, login and id are used, in any order.

    Parameters
    ----------
    path : path

    Returns
    -------
    Roster

    Raises
    ------
    FileNotFoundError, ValueError
        As `tables.read_table`; also where no column is known, or two rows cannot be distinguished.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"Found no file {path}, expected a CSV table. Check its name.")
    headers = [form for names in COLUMNS.values() for header in names for form in forms(header)]
    rows = [row for _, row in read_table(path, (), headers) if any(row.values())]
    if not rows:
        raise ValueError(
            f"Found no student in {path}, expected a header with name, login or id and rows below. "
            "Correct it."
        )
    people = [person_in(row) for row in rows]
    people = [person for person in people if plain_name(person.name) not in NOBODY]
    counts = Counter((plain_name(person.name), person.id) for person in people)
    twice = [name for (name, _), count in counts.items() if count > 1]
    if twice:
        names = listed(person for person in people if plain_name(person.name) in twice)
        raise ValueError(f"{path} has {names} twice without different ids. Give each an id.")
    same = [id for id, count in Counter(person.id for person in people).items() if id and count > 1]
    if same:
        names = listed(person for person in people if person.id == same[0])
        raise ValueError(f"{path} gives the id {same[0]} to {names}. Correct it.")
    return Roster(people)


def person_in(row):
    """The `Person` of a row; "Lovelace, Ada" becomes "Ada Lovelace"."""
    found = {
        kind: [cleaned(row[form]) for header in headers for form in forms(header) if row[form]]
        for kind, headers in COLUMNS.items()
    }
    whole = " ".join(found["first"] + found["last"])
    name = next(filter(None, [whole, *found["name"], *found["login"], *found["id"]]), "")
    if name.count(",") == 1 and not whole:
        name = " ".join(part.strip() for part in reversed(name.split(",")))
    login, works_as = (next(iter(found[kind]), "") for kind in ("login", "works as"))
    return Person(unicodedata.normalize("NFC", name), login, tuple(found["id"]), works_as)


def forms(header):
    """A header as it is written with spaces or underscores; a set."""
    return {header, header.replace(" ", "_")}


def cleaned(value):
    """A cell without the # of Brightspace's ids and the word of Moodle's."""
    return value.lstrip("#").removeprefix("Participant ")


def orders_of(name):
    """A name as platforms may join it: its words in every rotation, umlauts also as ae."""
    words = re.split(r"[\s,]+", name.strip())
    rotations = ["".join(words[n:] + words[:n]) for n in range(len(words))]
    bare = [re.sub(r"[^\w]", "", rotation) for rotation in rotations]  # Canvas drops ' and -
    joined = {*rotations, *bare}
    return {plain_name(text) for text in joined} | {
        plain_name(text.casefold().translate(UMLAUTS)) for text in joined
    }


def related(one, other):
    """Whether two names can be of one person: a word in common, or different scripts."""
    if plain_name(one).isascii() != plain_name(other).isascii():
        return True
    words = [plain_name(word) for word in re.split(r"[\s,_-]+", other)]
    return any(len(word) > 1 and word in plain_name(one) for word in words)


def listed(people):
    """Names of people in a sentence."""
    return " and ".join(sorted({person.name for person in people}))
