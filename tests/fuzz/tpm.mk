# Fuzz targets: tpm.
