"""How the workers are kept young, and what plays when a scene is the end of them."""

from __future__ import annotations

from pydantic import Field

from reverie.documents import Section

MEGABYTE = 1_000_000


class MemoryLimits(Section):
    """How much memory a worker may take before another life takes its place."""

    composer: int | None = Field(
        default=2000, ge=200, le=1_000_000, description="Megabytes of the composer; null: as many as it likes."
    )
    player: int | None = Field(
        default=500, ge=100, le=1_000_000, description="Megabytes of the player; null: as many as it likes."
    )

    def bytes_of(self, role: str) -> int | None:
        """The limit of a worker in bytes; None where there is none."""
        limit: int | None = {"composer": self.composer, "player": self.player}.get(role)
        return None if limit is None else limit * MEGABYTE


class SupervisionSection(Section):
    """When workers are started anew although nothing is wrong with them."""

    recycle_hours: float | None = Field(
        default=24.0,
        ge=0.1,
        le=10_000,
        description=(
            "Hours after which the composer begins another life, and the player with the next rest or pause; null: "
            "neither does."
        ),
    )
    memory: MemoryLimits = Field(
        default_factory=MemoryLimits,
        description="Megabytes of memory that a worker may take before another life takes its place.",
        examples=[{"composer": 2000, "player": 500}],
    )
    scene_crashes: int | None = Field(
        default=3,
        ge=1,
        le=16,
        description=(
            "Crashes within an hour, of a worker or of all of Reverie, after which the scene that played is not played "
            "any more; null: every scene is."
        ),
    )
    safe_after: int | None = Field(
        default=4,
        ge=2,
        le=16,
        description=(
            "Crashes of all of Reverie within 15 minutes, after which it plays its tape in safe mode; null: it never "
            "does."
        ),
    )
    safe_scene: str | None = Field(
        default=None,
        description="The scene that plays in place of one with which workers crash; null: `scene`, else any other.",
    )
