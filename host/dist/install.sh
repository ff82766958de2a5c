#!/usr/bin/env bash
# Installs a released stockade for the rest of a job. Nothing is run before its bytes are known: by STOCKADE_SHA256, or else by
# the attestation that the release workflow made.
#
#   STOCKADE_VERSION  the version, such as 0.1.0
#   STOCKADE_SHA256   digest of the archive
#   STOCKADE_ARCHIVE  an archive that is already here, instead of a download
#   STOCKADE_BUILD    `true`: build from the source around this script instead
#   STOCKADE_FOLDER   where to install; a folder of the runner without it
#   GITHUB_PATH       file that takes the folder for the steps that follow; may be missing
set -euo pipefail

repository=stockade-lint/stockade
source=$(cd "$(dirname "$0")/../.." && pwd)
folder=${STOCKADE_FOLDER:-${RUNNER_TEMP:-/tmp}/stockade}
mkdir -p "$folder"

fail() {
    echo "stockade: $*" >&2
    exit 2
}

target() {
    local system machine
    system=${RUNNER_OS:-$(uname -s)}
    machine=${RUNNER_ARCH:-$(uname -m)}
    case $machine in
        X64 | x86_64 | amd64) machine=x86_64 ;;
        ARM64 | aarch64 | arm64) machine=aarch64 ;;
        *) fail "there is no release for $machine; set build to true" ;;
    esac
    case $system in
        Linux) echo "$machine-unknown-linux-musl" ;;
        macOS | Darwin) echo "$machine-apple-darwin" ;;
        Windows) echo "$machine-pc-windows-msvc" ;;
        *) fail "there is no release for $system; set build to true" ;;
    esac
}

verify() {
    if [ -n "${STOCKADE_SHA256:-}" ]; then
        local found
        if command -v sha256sum >/dev/null; then
            found=$(sha256sum <"$1")
        else
            found=$(shasum -a 256 <"$1")
        fi
        found=${found%% *}
        # Digests are copied in either case.
        local wanted
        wanted=$(printf %s "$STOCKADE_SHA256" | tr 'A-F' 'a-f')
        [ "$found" = "$wanted" ] || fail "the archive has the SHA-256 $found, not $wanted"
    elif command -v gh >/dev/null; then
        gh attestation verify "$1" --repo "$repository" \
            --signer-workflow "$repository/.github/workflows/release.yml" >&2 ||
            fail "the archive was not built by the release workflow of $repository"
    else
        fail "give the archive's sha256, or install gh, which verifies its attestation"
    fi
}

if [ "${STOCKADE_BUILD:-false}" = true ]; then
    cargo build --locked --release --package stockade --manifest-path "$source/Cargo.toml" --target-dir "$folder/target"
    bin=$folder/target/release
else
    [[ ${STOCKADE_VERSION:-} =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
        fail "version must be a number such as 0.1.0"
    archive=${STOCKADE_ARCHIVE:-}
    if [ -z "$archive" ]; then
        name=stockade-$STOCKADE_VERSION-$(target).tar.gz
        archive=$folder/$name
        curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 --output "$archive" \
            "https://github.com/$repository/releases/download/v$STOCKADE_VERSION/$name" ||
            fail "$name cannot be downloaded"
    fi
    verify "$archive"
    bin=$folder/bin
    mkdir -p "$bin"
    tar -xzf "$archive" -C "$bin"
fi

"$bin/stockade" --version
if [ -n "${GITHUB_PATH:-}" ]; then
    echo "$bin" >>"$GITHUB_PATH"
fi
