#!/bin/sh
# Install Debian's chromium for the browser tests, where apt and root are at hand; elsewhere do
# nothing: those tests then skip, and say why.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if ! command -v apt-get >/dev/null 2>&1; then
    echo "no apt-get: the browser tests need chromium, and will skip without it"
elif [ "$(id -u)" != 0 ]; then
    echo "not root: the browser tests need chromium (apt-get install chromium), and will skip"
else
    echo "Installing chromium for the browser tests ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 ||
        echo "chromium could not be installed: the browser tests will skip"
fi
exit 0
