# Fuzz targets: ek.
