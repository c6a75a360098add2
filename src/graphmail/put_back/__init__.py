"""Takes back what was changed here of objects that were there before, by the record of how they were found."""

from graphmail.put_back.undo import Adopted, Undo
from graphmail.put_back.undos import undos_of

__all__ = ["Adopted", "Undo", "undos_of"]
