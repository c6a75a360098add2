"""What pictures an app registration takes, for whoever reads the inventory and for whoever uploads one.

At most 100 KB is the portal's limit, below the directory's own: https://learn.microsoft.com/graph/api/resources/application
"""

from __future__ import annotations

TOO_LARGE = 100 * 1024  # bytes
# Pillow's name of a format -> what Graph calls it.
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "BMP": "image/bmp"}
