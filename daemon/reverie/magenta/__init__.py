"""The bridge to Magenta; importing it makes Magenta importable, which takes seconds.

Nothing but the composer process and training imports this package.
"""

from reverie.magenta.compat import prepare

prepare()
