#!/bin/sh
# Installs Citeline for serving: install.sh [FOLDER], by default into /opt/citeline, as root, from the checkout that it is
# in. It needs Python 3.11 with venv (PYTHON names another one), and the network only for the packages, whose hashes are
# checked. Afterwards nothing is downloaded or unpacked: the folder can be read-only, and only the state folder is written.
set -eu
target=${1:-/opt/citeline}
source=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(None if sys.version_info[:2] >= (3, 11) else "Citeline needs Python 3.11 or later.")'

# The account that a container runs as (its number stands in the Dockerfile), and its state folder.
if [ "$(id -u)" = 0 ]; then
    getent group citeline >/dev/null || groupadd --gid 10001 citeline
    getent passwd citeline >/dev/null ||
        useradd --uid 10001 --gid citeline --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin citeline
    install -d -o citeline -g citeline -m 0700 /var/lib/citeline
fi

rm -rf "$target.new"
mkdir -p "$target.new"
for part in app.py LICENSE NOTICE requirements-serve.lock cli corpus docs eval index qa web; do
    cp -R "$source/$part" "$target.new/$part"
done
find "$target.new" -name __pycache__ -prune -exec rm -rf {} +
"$python" -m venv "$target.new/.venv"
"$target.new/.venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --quiet --only-binary :all: \
    --require-hashes -r "$target.new/requirements-serve.lock"

# Until here a version that is installed already stays as it is. It comes back where the new one does not answer.
rm -rf "$target.old"
if [ -e "$target" ]; then mv "$target" "$target.old"; fi
mv "$target.new" "$target"
state=$(mktemp -d)
finish() {
    status=$?
    rm -rf "$state"
    if [ "$status" != 0 ]; then
        rm -rf "$target"
        if [ -e "$target.old" ]; then mv "$target.old" "$target"; fi
    fi
    rm -rf "$target.old"
}
trap finish EXIT

# Unpacks the models, and shows that the service answers here.
cd "$target"
export CITELINE_MODELS="$target/models"
.venv/bin/python -m compileall -q app.py cli corpus eval index qa web
.venv/bin/python app.py rebuild --state "$state" --articles "$target/corpus/articles" >/dev/null
.venv/bin/python app.py ask --state "$state" "When does the withdrawal finish?" | grep -q "January 19"
chmod -R a+rX,go-w "$target"
echo "Citeline is installed in $target."
