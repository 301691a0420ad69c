"""The bridge to Magenta; importing it makes Magenta importable, which takes seconds.

Nothing but the composer process, training, and the import of one of Magenta's bundles imports this package.
"""

from reverie.magenta.compat import prepare

prepare()
