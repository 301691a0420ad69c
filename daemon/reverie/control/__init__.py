"""Control of the running installation: knobs, keys and messages become actions, within limits, and each is recorded."""
