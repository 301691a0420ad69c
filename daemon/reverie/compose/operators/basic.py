"""The operators of the talk's live code, reset, generate on, generate in part, loop; and what brings a loop back."""

from __future__ import annotations

from reverie.compose.operators.operator import Operator

RESET = Operator("reset")
CONTINUE = Operator("continue", told=lambda _own, after: after.continued)
MUTATE = Operator("mutate", told=lambda _own, after: after.first_half)
LOOP = Operator("loop")
RETURN = Operator("return")
