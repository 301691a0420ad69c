"""RTP-MIDI: notes over the network, as Macs and iPads have it built in."""

from __future__ import annotations

from reverie.play.outputs.rtp.output import RtpMidi

__all__ = ["RtpMidi"]
