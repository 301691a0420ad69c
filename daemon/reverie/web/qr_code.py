"""QR codes, as rows that a page draws."""

from __future__ import annotations

from typing import Any


def qr_rows(text: str) -> list[str]:
    """The modules of a text's QR code by row, ``1`` the dark ones, with the quiet border that readers need."""
    import segno

    code: Any = segno.make(text, error="m", micro=False)
    return ["".join("1" if dark else "0" for dark in row) for row in code.matrix_iter(border=4)]
