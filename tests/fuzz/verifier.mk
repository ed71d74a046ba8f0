# Fuzz targets: verifier.
