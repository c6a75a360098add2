"""An emulated Entra, Graph, Exchange and SMTP for any number of tenants, over TLS on loopback.

Independent of the client on purpose: it imports nothing else of this project and is written from the published
protocol facts, because a mistake shared by client and emulator is invisible.
"""
