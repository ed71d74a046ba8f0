# Unit tests: appraisal.
