"""Microsoft's own schema of what Graph answers, and what it says of an answer."""
