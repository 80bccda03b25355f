# shellcheck shell=bash
# Sourced by the scripts here: the libraries that are measured beside ours.
#
#   need HEADER PACKAGE ...
#
# Installs Debian's package where the header is missing, or says so and ends the script.
need() {
    local missing=()
    while [ $# -gt 0 ]; do
        echo "#include <$1>" | cc -E -x c - >/dev/null 2>&1 || missing+=("$2")
        shift 2
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing ${missing[*]}" >&2
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "${missing[@]}" >&2 &&
            return 0
    fi
    echo "MISSING: ${missing[*]}. As root: apt-get install ${missing[*]}" >&2
    exit 1
}
