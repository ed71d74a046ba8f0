# What verifier builds.
include verifier/appraisal/local.mk
include verifier/store/local.mk
include verifier/signer/local.mk
