"""Giving a credential to the vendor: what is in the sealed file, how it travels, and what the receiver answers.

`python -m graphmail.handover open FILE` is for the receiver, `receive` for the operator who gets the receipt.
"""
