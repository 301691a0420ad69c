"""RTP-MIDI (RFC 6295): sessions, their packets and the journal that mends what was lost; without sockets or clock."""
