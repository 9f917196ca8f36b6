#!/bin/sh
# Put Stepwell and what it runs on into a folder of their own: nothing that only builds or tests. The image is made by this, once.
set -eu

into=$1
source=$(cd "$(dirname "$0")/.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

python3 -m venv "$build/tools"
"$build/tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$source/deploy/build.lock"
(cd "$source" && "$build/tools/bin/hatchling" build --target wheel --directory "$build/wheels" >/dev/null)

python3 -m venv "$into"
"$into/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$source/deploy/runtime.lock"
"$into/bin/pip" install --quiet --disable-pip-version-check --no-index --no-deps "$build"/wheels/*.whl
"$into/bin/pip" uninstall --quiet --disable-pip-version-check --yes setuptools pip
