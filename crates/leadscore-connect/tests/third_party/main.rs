//! Against servers, SDKs and verifiers that others wrote: `make test-third-party` installs them and runs what is ignored here.
