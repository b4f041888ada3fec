# The server as one static binary in an empty image: nothing else is in it but certificates and a folder for data.
FROM rust:1.95-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make cmake perl ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# Random bytes come from the system call: a static binary would look for /dev/urandom otherwise.
RUN RUSTFLAGS="-C target-feature=+crt-static --cfg getrandom_backend=\"linux_getrandom\"" \
    cargo build --release --locked -p leadscore-cli --target "$(rustc --print host-tuple)" \
    && cp target/*/release/leadscore /leadscore && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /leadscore /leadscore
# Not root: 65532 is the user of images without users.
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV LEADSCORE_LISTEN=0.0.0.0:8000 LEADSCORE_DATA=/data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["/leadscore"]
CMD ["serve"]
