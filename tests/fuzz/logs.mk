# Fuzz targets: logs.
