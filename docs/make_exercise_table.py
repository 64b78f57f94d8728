"""Write the table of exercises and mistakes into instructor.md: python docs/make_exercise_table.py.

Every mistake is handed in, and the table says which diagnosis it got. A test compares the two.
"""

from pathlib import Path

import sfxtutor as sfx
from sfxtutor.course.exercises import check

GUIDE = Path(__file__).with_name("instructor.md")
BEGIN, END = "<!-- exercises begin -->", "<!-- exercises end -->"


def table():
    """Markdown, a line a mistake: exercise, mistake, what the student reads, talking point."""
    lines = [
        "| Exercise | Mistake recognised | The student reads | In class |",
        "|---|---|---|---|",
    ]
    for exercise in check.every():
        title = f"{exercise.id} {exercise.title}"
        for mistake in exercise.mistakes:
            verdict = sfx.check(exercise.id, mistake.answer())
            cells = (title, verdict.diagnosis, verdict.text, mistake.talk)
            lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
            title = ""
    return "\n".join(lines)


def guide():
    """The instructor guide with the table as it is now."""
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    GUIDE.write_text(guide(), encoding="utf-8")
