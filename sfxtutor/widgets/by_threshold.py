"""What widgets have in common that move the threshold of a filter."""

import ipywidgets as controls

from .base import Widget

_NAME = "text-align: left; padding-right: 1em; white-space: nowrap; vertical-align: top"
ROW = f'<tr><th scope="row" style="{_NAME}">{{}}</th><td>{{}}</td></tr>'


class ByThreshold(Widget):
    """A choice of method, a slider of its thresholds, a table and curves.

    A subclass calls `_begin` with the names of the methods, and gives `_choose`, which offers the
    thresholds of the method chosen, and `_draw`, which calls `_show`.
    """

    def _begin(self, methods):
        look = {"layout": controls.Layout(width="95%", max_width="680px"),
                "style": {"description_width": "8em"}}  # fmt: skip
        self.method = controls.Dropdown(options=list(methods), description="method", **look)
        self.slider = controls.SelectionSlider(options=[("", 0)], description="keep from", **look)
        self.table = controls.HTML()
        self._arrange([self.method] if len(methods) > 1 else [])
        self._choose()
        self.connect(self.method, self._choose)
        self.connect(self.slider, self._draw, "index")

    def _arrange(self, chosen):
        """Put the choice of method, if there is one, slider, table and curves under each other."""
        self.curves = controls.HTML()
        self._assemble(*chosen, self.slider, self.table, self.curves)

    def _choose(self):
        raise NotImplementedError

    def _draw(self):
        raise NotImplementedError

    def _show(self, numbers, curves):
        """Show a dict of names to texts, and pictures as SVG."""
        rows = "".join(ROW.format(name, text) for name, text in numbers.items())
        self.table.value = f'<table role="status" style="margin-left: 8em">{rows}</table>'
        self.curves.value = "".join(curves)
