# Fuzz targets: attestd.
