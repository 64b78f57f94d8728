"""Moves the controls of a widget in a browser, by mouse and by keyboard."""

import statistics

from tools.browser import LATENCY, PICTURES

SPECIAL = {  # buttons, and keys on the picture
    "FrameInspector": (["next (N)"], ["ArrowDown", "p"]),
    "CrystalExplorer": (["next spot (N)"], ["ArrowLeft", "p"]),
    "LabelByEye": (["hit (H)", "undo (U)"], ["x", "u"]),
}


class Driver:
    """Moves the controls of the widget in a cell and sees whether its picture changes."""

    def __init__(self, lab, cell):
        self.lab, self.page, self.cell = lab, lab.page, cell
        self.idle = []  # what was moved and changed nothing

    def pictures(self):
        return self.cell.evaluate(PICTURES)

    def move(self, name, action):
        """Do something to a control; the picture should change within 5 s."""
        before = self.pictures()
        action()
        try:
            self.lab.until(lambda: self.pictures() != before, 5)
        except TimeoutError:
            self.idle.append(name)

    def settle(self):
        """Wait until the picture stays as it is: a widget may draw one part after another."""
        seen = [None]

        def stays():
            seen.append(self.pictures())
            return seen[-1] == seen[-2]

        self.lab.until(stays, 5)

    def visible(self, parts):
        """What can be seen of the widget: another tab may have more."""
        return self.cell.locator(parts).filter(visible=True).all()

    def press(self, element, *keys):
        element.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def sliders(self):
        for slider in self.visible(".widget-slider, .jupyter-widget-slider"):
            name, handle = slider.inner_text(), slider.locator(".noUi-handle").last
            track = slider.locator(".noUi-base")
            at, top = (float(handle.get_attribute(f"aria-value{x}")) for x in ("now", "max"))
            key = "ArrowRight" if at < top else "ArrowLeft"
            self.move(f"slider {name}, keyboard", lambda h=handle, k=key: self.press(h, k))
            box = track.bounding_box()
            share = 0.8 if at < 0.6 * top else 0.3
            place = {"x": share * box["width"], "y": box["height"] / 2}
            self.move(
                f"slider {name}, mouse",
                lambda t=track, p=place: t.click(position=p, force=True),
            )

    def choices(self):
        for choice in self.visible("select"):
            options = choice.locator("option").all_inner_texts()
            if len(options) < 2:
                continue
            before = choice.evaluate("choice => choice.selectedIndex")
            key = "ArrowDown" if before + 1 < len(options) else "ArrowUp"
            # Space opens the list: JupyterLab takes the arrows of a closed one for its cells
            keys = ("Space", key, "Enter")
            self.settle()
            self.move(f"choice of {options}, keyboard", lambda c=choice, k=keys: self.press(c, *k))
            self.settle()  # else the kernel may see this and the next choice as one
            self.move(
                f"choice of {options}, mouse",
                lambda c=choice, i=before: c.select_option(index=i),
            )

    def boxes(self):
        for box in self.cell.locator("input[type=checkbox]").all():
            name = box.locator("xpath=..").inner_text()
            self.move(f"box {name}, keyboard", lambda b=box: self.press(b, "Space"))
            self.move(f"box {name}, mouse", box.click)

    def toggles(self):
        for group in self.cell.locator(".widget-toggle-buttons").all():
            buttons = group.locator("button").all()
            name, other = f"buttons {group.inner_text()}", buttons[len(buttons) // 2 - 1]
            self.move(f"{name}, mouse", buttons[-1].click)
            self.move(f"{name}, keyboard", lambda b=other: self.press(b, "Space"))

    def special(self, kind):
        """What only that widget has: buttons by mouse, keys on its picture."""
        buttons, keys = SPECIAL[kind]
        for name in buttons:
            self.move(f"button {name}", self.cell.get_by_role("button", name=name).click)
        for key in keys:
            self.move(f"key {key}", lambda k=key: self.press(self.canvas, k))

    @property
    def canvas(self):
        return self.cell.locator("canvas[tabindex]").first

    def faults(self):
        """What went wrong: in the logs, on standard error, and beneath the widget."""
        shown = "[role=alert], [data-mime-type='application/vnd.jupyter.stderr']"
        return self.lab.faults() + self.cell.locator(shown).all_inner_texts()

    def latency(self, repeats=11):
        """Median of the milliseconds from a key on the first slider to the new picture."""
        handle = self.cell.locator(".noUi-handle").first.element_handle()
        # An SVG is replaced with each picture; what holds it stays.
        pictures = "canvas[tabindex]:visible, svg[data-drawn], :has(> svg[role=img])"
        picture = self.cell.locator(pictures).last
        watched = picture.element_handle()
        at, top = (float(handle.get_attribute(f"aria-value{x}")) for x in ("now", "max"))
        keys = ["ArrowRight", "ArrowLeft"] if at < top else ["ArrowLeft", "ArrowRight"]
        times = []
        for key in keys * repeats:
            self.page.wait_for_timeout(200)  # marks may follow a picture: they are not the next one
            times.append(self.page.evaluate(LATENCY, [watched, handle, key]))
        return round(statistics.median(time for time in times if time is not None), 1)
