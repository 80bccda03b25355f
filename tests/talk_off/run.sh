#!/bin/bash
# How often does the DTMF receiver take speech and music for digits? Some eight hours of recordings, at 13 speeds and
# through three telephones, are about 290 hours in which nobody presses a key.
#
#   tests/talk_off/run.sh [--quick] [--offset SAMPLES] [--jobs N] [--debs FOLDER] [WORK]
#
# --quick   the smallest recordings at their own speed only: does everything work?
# --offset  leaves out so many samples at the beginning, so that blocks lie otherwise against the audio
# --jobs    lines at once (default: as many as there are processors)
# --debs    a folder that the packages are already in, or are kept in (default: WORK/debs)
# WORK      where the recordings are unpacked (default: target/talk-off); about 2 GB, some minutes for each offset
#
# The recordings come out of Debian packages: they are downloaded and unpacked, not installed. Each package becomes one
# line; every variant of it streams into `afterbeep detect - --json`, and the table at the end tells what came out.
# Exit code 0: at most one false digit in 100 hours, and no `#`, which would end a message. 1: more. 2: not measured.
# Needs apt-get, dpkg-deb, and sox with Ogg and MP3 (libsox-fmt-all). AFTERBEEP names another program to measure.
set -euo pipefail
export LC_ALL=C

# A package; the rate that its recordings are brought to before their speed is changed; the rate of its files without a
# header; what is left out because it is no speech.
recordings() {
    cat <<'END'
asterisk-core-sounds-en-wav 8000 - -
asterisk-core-sounds-es-wav 8000 - -
asterisk-core-sounds-fr-wav 8000 - -
asterisk-core-sounds-it-wav 8000 - -
asterisk-core-sounds-ru-wav 8000 - -
asterisk-moh-opsound-wav 8000 - -
asterisk-prompt-es-co 8000 - -
asterisk-prompt-fr-armelle 8000 - -
asterisk-prompt-it-menardi-wav 8000 - -
asc-music 16000 - -
codec2-examples 8000 8000 sine|octave|700d|test[^/]*$
festvox-ru 16000 - -
gcin-voice 16000 - -
pocketsphinx-testdata 16000 16000 -
wesnoth-1.16-music 16000 - -
END
}

SMALLEST=pocketsphinx-testdata
SPEEDS="0.80 0.85 0.90 0.95 1.00 1.05 1.10 1.15 1.20 1.25 1.30 1.35 1.40"
PCM="-b 16 -e signed -c 1"

fail() {
    echo "run.sh: $*" >&2
    exit 2
}

# One package becomes one line, base/PACKAGE.raw: `run.sh prepare WORK DEBS PACKAGE RATE RAW_RATE EXCEPT`.
prepare() {
    local work=$1 debs=$2 package=$3 rate=$4 raw_rate=$5 except=$6
    local line="$work/base/$package.raw" files="$work/base/$package.files" tree="$work/tree/$package"
    [ ! -s "$line" ] || return 0
    local deb=("$debs/${package}"_*.deb)
    if [ ! -e "${deb[0]}" ]; then
        (cd "$debs" && apt-get download -qq "$package") || fail "$package cannot be downloaded; is apt's list new?"
        deb=("$debs/${package}"_*.deb)
    fi
    rm -rf "$tree"
    mkdir -p "$tree"
    dpkg-deb -x "${deb[-1]}" "$tree"
    find "$tree" -type f | grep -E '\.(wav|raw|gsm|ogg|mp3)$' | sort >"$files.all"
    if [ "$except" = - ]; then cp "$files.all" "$files"; else grep -vE "$except" "$files.all" >"$files"; fi
    : >"$line.part"
    local file read=0
    while IFS= read -r file; do
        local format=""
        case $file in *.raw) format="-t raw -r $raw_rate $PCM" ;; esac
        # -R: the dither is the same every time. A file that cannot be read is left out, and counted.
        # shellcheck disable=SC2086
        if sox -V1 -R $format "$file" -t raw -r "$rate" $PCM - </dev/null >"$line.one" 2>/dev/null; then
            cat "$line.one" >>"$line.part"
            read=$((read + 1))
        fi
    done <"$files"
    rm -rf "$line.one" "$files.all" "$tree"
    [ "$read" -gt 0 ] || fail "$package holds no recording"
    echo "$package: $read of $(wc -l <"$files") files" >&2
    mv "$line.part" "$line"
}

# What the receiver makes of a line on standard input, as `PACKAGE SPEED FILTER SAMPLES` and one line a digit.
hear() {
    local name=$1 offset=$2 afterbeep=$3
    tail -c "+$((2 * offset + 1))" | "$afterbeep" detect - --json | awk -v name="$name" -v offset="$offset" '
        match($0, /"end_sample":[0-9]+/) {
            end = substr($0, RSTART + 13, RLENGTH - 13) + 0
            if (end > samples) samples = end
        }
        /"event":"digit"/ {
            match($0, /"digit":"."/); digit = substr($0, RSTART + 9, 1)
            match($0, /"start_sample":[0-9]+/); start = substr($0, RSTART + 15, RLENGTH - 15) + offset
            printf "digit %s %s %d\n", name, digit, start
        }
        END { printf "line %s %d\n", name, samples }'
}

# One line at one speed, through three telephones: `run.sh measure WORK AFTERBEEP OFFSET SPEED PACKAGE RATE`. One that
# passes everything; one without bass; one with treble that is too loud for the line.
measure() {
    local work=$1 afterbeep=$2 offset=$3 speed=$4 package=$5 rate=$6
    local line="-t raw -r 8000 $PCM"
    local pipes
    pipes=$(mktemp -d "$work/results/$package-$speed.XXXXXX")
    mkfifo "$pipes/highpass" "$pipes/loud"
    # shellcheck disable=SC2086
    sox -V1 -R $line "$pipes/highpass" $line - highpass 300 |
        hear "$package $speed highpass" "$offset" "$afterbeep" >"$pipes/highpass.txt" &
    local highpass=$!
    # shellcheck disable=SC2086
    sox -V1 -R $line "$pipes/loud" $line - highpass 500 gain 9.5 |
        hear "$package $speed loud" "$offset" "$afterbeep" >"$pipes/loud.txt" &
    local loud=$!
    # shellcheck disable=SC2086
    sox -V1 -R -t raw -r "$rate" $PCM "$work/base/$package.raw" $line - speed "$speed" rate 8000 |
        tee "$pipes/highpass" "$pipes/loud" |
        hear "$package $speed plain" "$offset" "$afterbeep" >"$pipes/plain.txt"
    wait "$highpass"
    wait "$loud"
    cat "$pipes/plain.txt" "$pipes/highpass.txt" "$pipes/loud.txt" >"$work/results/$package-$speed.txt"
    rm -rf "$pipes"
}

# The table, and the verdict.
summary() {
    awk -v lines="$2" '
        $1 == "line" { hours[$2] += $5 / 8000 / 3600; all += $5 / 8000 / 3600; heard++ }
        $1 == "digit" {
            digits[$2]++; total++; of[$5]++
            printf "digit %s in %s, speed %s, %s, at sample %d\n", $5, $2, $3, $4, $6
        }
        END {
            if (heard != lines) { printf "only %d of %d lines were heard\n", heard, lines; exit 2 }
            printf "%-32s %8s %13s\n", "recordings", "hours", "false digits"
            for (name in hours) printf "%-32s %8.2f %13d\n", name, hours[name], digits[name] | "sort"
            close("sort")
            printf "%-32s %8.2f %13d\n", "all", all, total
            for (i = 1; i <= 16; i++) {
                digit = substr("0123456789*#ABCD", i, 1)
                if (of[digit]) each = each sprintf("  %s: %d", digit, of[digit])
            }
            printf "\n%.2f false digits in 100 hours%s\n", 100 * total / all, each ? "; by digit:" each : ""
            exit (100 * total / all > 1 || of["#"] > 0)
        }' "$1"/*.txt
}

case ${1-} in
prepare | measure)
    "$@"
    exit
    ;;
esac

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$root/target/talk-off debs="" quick="" offset=0 jobs=$(nproc)
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=yes ;;
    --offset | --jobs | --debs)
        [ $# -ge 2 ] || fail "$1 takes a value"
        case $1 in --offset) offset=$2 ;; --jobs) jobs=$2 ;; --debs) debs=$2 ;; esac
        shift
        ;;
    -*) fail "$1 is no option; the head of this file tells which there are" ;;
    *) work=$1 ;;
    esac
    shift
done
case $offset$jobs in *[!0-9]*) fail "--offset and --jobs take numbers" ;; esac
for program in apt-get dpkg-deb sox awk; do
    command -v "$program" >/dev/null || fail "$program is missing"
done
formats=$(sox --help | grep '^AUDIO FILE FORMATS')
for format in gsm mp3 ogg; do
    grep -qw "$format" <<<"$formats" || fail "sox reads no $format; install libsox-fmt-all"
done
if [ -z "${AFTERBEEP-}" ]; then
    (cd "$root" && cargo build --quiet --locked --release --bin afterbeep)
    AFTERBEEP=${CARGO_TARGET_DIR:-$root/target}/release/afterbeep
fi

mkdir -p "$work/base" "$work/tree" "${debs:=$work/debs}"
work=$(cd "$work" && pwd)
debs=$(cd "$debs" && pwd)
rm -rf "$work/results"
mkdir "$work/results"
trap 'rm -rf "$work/tree"' EXIT

chosen=$(recordings)
if [ -n "$quick" ]; then
    chosen=$(grep "^$SMALLEST " <<<"$chosen")
    SPEEDS=1.00
fi
# xargs says 123 where one job failed.
xargs -P "$jobs" -L 1 bash "$here/run.sh" prepare "$work" "$debs" <<<"$chosen" || fail "the recordings are not complete"
# The longest lines first, so that no processor waits long for another one.
for speed in $SPEEDS; do
    while read -r package rate _; do
        echo "$(stat -c %s "$work/base/$package.raw") $speed $package $rate"
    done <<<"$chosen"
done | sort -s -n -r -k 1,1 | cut -d ' ' -f 2- |
    xargs -P "$jobs" -L 1 bash "$here/run.sh" measure "$work" "$AFTERBEEP" "$offset" || fail "a line was not heard whole"
summary "$work/results" "$(($(wc -l <<<"$chosen") * $(wc -w <<<"$SPEEDS") * 3))"
