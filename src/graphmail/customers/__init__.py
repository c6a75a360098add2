"""The inventory: its schema, and the loader that tells every mistake at once. Contacts nothing."""

from graphmail.customers.errors import InventoryError, Mistake, NoInventory
from graphmail.customers.loader import load
from graphmail.customers.schema import Customer, Inventory
from graphmail.customers.span import Lifetime

__all__ = ["Customer", "Inventory", "InventoryError", "Lifetime", "Mistake", "NoInventory", "load"]
