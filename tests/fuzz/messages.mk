# Fuzz targets: messages.
