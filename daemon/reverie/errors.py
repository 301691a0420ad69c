"""The root of every error that Reverie raises on purpose; each layer derives its own from it."""


class ReverieError(Exception):
    """Something a person can mend.

    Its text is one plain sentence that says what is wrong and what to do; it is printed without a traceback.
    """
