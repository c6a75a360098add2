"""Replacing a credential without a moment in which the vendor has none that works.

What is to be done next follows from the journal alone: what was made, proved, delivered, acknowledged and taken back.
So there is no progress to lose, and a run may be killed anywhere.
"""
