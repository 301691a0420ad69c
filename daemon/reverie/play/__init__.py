"""Loops become MIDI, on time: the score, the ledger of open notes, the output slots and the player process."""
