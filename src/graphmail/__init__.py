"""Onboard customers' Microsoft 365 tenants for a Graph mail app, and prove that it works and is confined."""
