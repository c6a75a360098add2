"""What a customer's tenant holds of what is looked after here, before a run's first write and after its last."""

from __future__ import annotations

from graphmail.customer_state.moments import about_to_write, keep_before, read_after

__all__ = ["about_to_write", "keep_before", "read_after"]
