"""The seed of a student's own data: of the name alone, however its letters are encoded."""

import unicodedata
from hashlib import sha256

import pytest

import sfxtutor as sfx
from sfxtutor.course.student import seed_of


def test_personal_seed_is_of_the_name_alone(monkeypatch):
    monkeypatch.delenv("SFXTUTOR_STUDENT", raising=False)
    assert sfx.personal_seed() == 0
    seeds = set()
    for name in ("Ada Lovelace", "ada lovelace ", "Grace Hopper"):
        monkeypatch.setenv("SFXTUTOR_STUDENT", name)
        seeds.add(sfx.personal_seed())
    assert len(seeds) == 2
    assert 0 not in seeds


@pytest.mark.parametrize("name", ["Ada Lovelace", "right1", "o'brien-smith_3", "A. B."])
def test_plain_names_keep_the_seed_that_they_had(name):
    old = "".join(name.lower().split())
    assert seed_of(name) == int.from_bytes(sha256(old.encode()).digest()[:3])


@pytest.mark.parametrize(
    "names",
    [
        ("Zoë Ångström", unicodedata.normalize("NFD", "Zoë Ångström"), "Zoe Angstrom"),
        ("Weiß", "WEISS", "weiss"),
        ("Søren Łukasz Đ", "Soren Lukasz D"),
        ("O’Brien", "O'Brien", "O´Brien"),
        ("Müller‑Lüdenscheidt", "Muller-Ludenscheidt"),
        ("王伟", "王\u200b伟", "王 伟"),
        ("İpek", "ipek", "ıpek"),
    ],
)
def test_encodings_and_accents_make_no_difference(names):
    assert len({seed_of(name) for name in names}) == 1
    assert len({seed_of(name) for name in (*names, "Wang Wei")}) == 2
