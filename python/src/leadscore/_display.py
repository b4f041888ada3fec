"""How predictions show themselves in a notebook: plain HTML, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from leadscore._prediction import Prediction

_WIDTH = 640
_LINE = 22
_TEXT = 300
_MOST = 12
_UP, _DOWN, _REST = "#2a7f62", "#b4472f", "#8a8f98"


def waterfall(prediction: Prediction) -> str:
    """From the baseline, line by line, to the score."""
    why = prediction.explanation
    head = f"<b>{_shown(prediction)}</b> of 100"
    if prediction.tier is not None:
        head += f" · <b>{escape(prediction.tier)}</b>"
    if prediction.action:
        head += f" · {escape(prediction.action)}"
    title = escape(prediction.lead_id) + " · " if prediction.lead_id else ""
    parts = [
        f'<div style="font-family:sans-serif;font-size:13px"><div style="margin:4px 0">{title}{head}</div>'
    ]
    if prediction.disqualified is not None:
        parts.append(f'<div style="color:{_DOWN}">{escape(prediction.disqualified)}</div>')
    if why.baseline is not None and why.contributions:
        parts.append(_bars(prediction))
    else:
        parts.extend(
            f"<div>{escape(f'{reason.points:+.1f}')}  {escape(reason.text)}</div>" for reason in why.reasons
        )
    parts.extend(f'<div style="color:{_REST}">{escape(warning)}</div>' for warning in prediction.warnings)
    return "".join(parts) + "</div>"


def table(predictions: Sequence[Any]) -> str:
    """One line for each lead."""
    rows = []
    for item in predictions[:50]:
        if isinstance(item, Prediction):
            reasons = "; ".join(f"{reason.points:+.1f} {reason.text}" for reason in item.reasons[:3])
            cells = [item.lead_id, _shown(item), item.tier or "–", item.action or "", reasons]
        else:
            cells = ["", "–", "–", "", str(item)]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    more = len(predictions) - len(rows)
    tail = f"<div>and {more} more</div>" if more > 0 else ""
    head = "".join(f"<th>{name}</th>" for name in ("lead", "score", "tier", "action", "why"))
    body = "".join(rows)
    return f'<table style="font-size:13px"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{tail}'


def _shown(prediction: Prediction) -> str:
    """The score as the summary has it, which is on its tier's side of every bound."""
    before, found, _ = prediction.explanation.summary.partition(" of 100")
    return before.rpartition(", ")[2] if found else f"{prediction.score:.1f}"


def _bars(prediction: Prediction) -> str:
    why = prediction.explanation
    base = why.baseline or 0.0
    ranked = sorted(why.contributions, key=lambda item: -abs(item.points))
    shown = ranked[:_MOST]
    others = sum(item.points for item in ranked[_MOST:]) + why.rest
    lines = [(item.text, item.points) for item in shown]
    if len(ranked) > _MOST:
        lines.append((f"{len(ranked) - _MOST} others", others))
    ends = [base]
    for _, points in lines:
        ends.append(ends[-1] + points)
    low, high = min(*ends, 0.0), max(*ends, 100.0)

    def x(value: float) -> float:
        return _TEXT + (value - low) / (high - low) * (_WIDTH - _TEXT - 60)

    height = _LINE * (len(lines) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-size="12" font-family="sans-serif">'
    ]

    def line(row: int, text: str, start: float, end: float, value: str, color: str) -> None:
        y = row * _LINE
        left, width = min(x(start), x(end)), max(abs(x(end) - x(start)), 1.0)
        short = text if len(text) <= 48 else text[:47] + "…"
        parts.append(
            f'<text x="{_TEXT - 8}" y="{y + 15}" text-anchor="end" fill="currentColor">{escape(short)}'
            f"<title>{escape(text)}</title></text>"
            f'<rect x="{left:.1f}" y="{y + 4}" width="{width:.1f}" height="{_LINE - 8}" fill="{color}"/>'
            f'<text x="{left + width + 4:.1f}" y="{y + 15}" fill="currentColor">{value}</text>'
        )

    line(0, "baseline", low, base, f"{base:.1f}", _REST)
    for row, (text, points) in enumerate(lines, 1):
        color = _UP if points >= 0 else _DOWN
        line(row, text, ends[row - 1], ends[row], f"{points:+.1f}", color)
    line(len(lines) + 1, "score", low, prediction.score, f"{prediction.score:.1f}", _REST)
    return "".join(parts) + "</svg>"
