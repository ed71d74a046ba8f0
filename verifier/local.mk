# What verifier builds.
include verifier/appraisal/local.mk
