"""Plots as pictures, by matplotlib where it is installed; the same numbers give the same bytes."""

from __future__ import annotations

import io
from typing import Any

from pipeline.review.records import Plot
from pipeline.review.telling import matrix_cell

COLOURS = {"supports": "#1f6f9f", "refutes": "#c4572e", "mixed": "#8a8a8a"}  # told apart also by the colour-blind
READS = {"supports": "for", "refutes": "against", "mixed": "both"}
TEXT = "#222222"
DPI = 180


def picture(plot: Plot, form: str) -> bytes | None:
    """A plot as svg or png; None where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.hashsalt": f"resistmine {plot.name}", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 9,
        "text.color": TEXT, "axes.labelcolor": TEXT, "xtick.color": TEXT, "ytick.color": TEXT, "text.parse_math": False,
    }  # fmt: skip
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=_size(plot), layout="constrained")
        FigureCanvasAgg(figure)
        (_bars if plot.shape == "bars" else _matrix)(plot, figure.add_subplot())
        written = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(written, format=form, dpi=DPI, metadata=metadata)
    return written.getvalue()


def _size(plot: Plot) -> tuple[float, float]:
    if plot.shape == "bars":
        return 6.6, 2.4
    longest = max(map(len, plot.rows))
    return min(7.2, 1.2 + 0.075 * longest + 0.55 * len(plot.columns)), 1.1 + 0.27 * len(plot.rows) + 0.05 * max(
        map(len, plot.columns)
    )


def _bars(plot: Plot, axes: Any) -> None:
    years = [int(row) for row in plot.rows]
    base = [0] * len(years)
    for number, series in enumerate(plot.series):
        heights = [values[0][number] for values in plot.values]
        if any(heights):
            axes.bar(years, heights, bottom=base, color=COLOURS[series], label=READS[series], width=0.8)
            base = [low + height for low, height in zip(base, heights, strict=True)]
    axes.set_ylabel("papers")
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(0, 1.15), borderaxespad=0)


def _matrix(plot: Plot, axes: Any) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    scale = LinearSegmentedColormap.from_list("stance", [COLOURS["refutes"], "#f4f1ee", COLOURS["supports"]])
    most = max(abs(_balance(each)) for values in plot.values for each in values) or 1
    for row, values in enumerate(plot.values):
        for column, counts in enumerate(values):
            if any(counts):
                shade = scale(0.5 + 0.42 * _balance(counts) / most)
                axes.add_patch(_square(column, row, shade))
                dark = 0.299 * shade[0] + 0.587 * shade[1] + 0.114 * shade[2] < 0.55
                axes.text(column, row, matrix_cell(counts), ha="center", va="center", fontsize=7.5,
                          color="white" if dark else TEXT)  # fmt: skip
    axes.set_xlim(-0.5, len(plot.columns) - 0.5)
    axes.set_ylim(len(plot.rows) - 0.5, -0.5)
    axes.set_xticks(range(len(plot.columns)), plot.columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(plot.rows)), plot.rows)
    axes.set_xticks([each - 0.5 for each in range(len(plot.columns) + 1)], minor=True)
    axes.set_yticks([each - 0.5 for each in range(len(plot.rows) + 1)], minor=True)
    axes.grid(which="minor", color="#dddddd", linewidth=0.6)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)


def _square(column: int, row: int, shade: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=shade, edgecolor="white", linewidth=0.8)


def _balance(counts: tuple[int, ...]) -> int:
    return counts[0] - counts[1]
