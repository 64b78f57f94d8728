"""CSV files as spreadsheets save them: read in all their forms, a damaged one in one sentence."""

import pytest

from sfxtutor.course.grading.tables import read_table, write_table

HEAD = ["student", "task", "points", "comment"]
ROW = ["Jürgen Müller", "w1", "2,5", 'gut, "sehr" gut']


def saved(separator, encoding):
    """The table as a spreadsheet of some country writes it."""
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in ROW]
    lines = [separator.join(HEAD), separator.join(quoted), separator * 3, ""]
    return "\r\n".join(lines).encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_form_of_a_table_is_read(tmp_path, separator, encoding):
    path = tmp_path / "manual.csv"
    path.write_bytes(saved(separator, encoding))
    ((where, row),) = read_table(path, ("student", "points"), ("comment", "id"))
    assert where == "manual.csv, line 2"
    assert row == {"student": ROW[0], "points": "2,5", "comment": ROW[3], "id": ""}


def test_excel_knows_the_encoding_and_computes_nothing(tmp_path):
    path = tmp_path / "t.csv"
    write_table(path, ["student", "points"], [["=cmd|'x'", "-1"], ["@Zoë", "2"]])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    text = path.read_text("utf-8-sig")
    assert text == "student,points\n'=cmd|'x',-1\n'@Zoë,2\n"
    assert [row["student"] for _, row in read_table(path, ("student",))] == ["=cmd|'x'", "@Zoë"]


def test_line_of_excel_that_names_the_separator_is_no_header(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("sep=;\nstudent;points\nada;2,5\n")
    assert read_table(path, ("student", "points")) == [
        ("t.csv, line 3", {"student": "ada", "points": "2,5"})
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"student,points\nada,1\nJ\x81rgen,2\n", r"t.csv, line 3: found the byte 0x81.*Save"),
        (
            b"student,reason\nada,1\n",
            "t.csv, line 1: found the columns student, reason.*Add points",
        ),
        (b"student,points\nada\n", "t.csv, line 2: found 1 cells, expected 2"),
        (
            b"student,points\nada,1,so, la la\n",
            "t.csv, line 2: found 4 cells, expected 2.*quotation",
        ),
        (b"PK\x03\x04\x00\x00", "t.csv, line 1: found binary data.*Save it as"),
    ],
)
def test_damaged_table_is_one_sentence_with_line_and_remedy(tmp_path, data, sentence):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=sentence):
        read_table(path, ("student", "points"))


def test_row_after_a_text_of_two_lines_has_the_right_number(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('student,points\nada,"1\n"\nbob\n')
    with pytest.raises(ValueError, match="line 4"):
        read_table(path, ("student", "points"))
