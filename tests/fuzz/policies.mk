# Fuzz targets: policies.
