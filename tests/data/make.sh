#!/bin/sh
# Makes the recordings of this folder again from Debian's pocketsphinx-testdata: needs apt-get, dpkg
# and sox. README.md tells what each one is, and under which licence.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq pocketsphinx-testdata
dpkg -x pocketsphinx-testdata_*.deb .
source=usr/share/pocketsphinx/test/data
out="-r 8000 -b 16 -e signed -c 1"
raw="-t raw -r 16000 -b 16 -e signed -c 1"

# -R repeats the dither; the speech is brought to a telephone's level.
speech() { sox -R -G $2 $out "$3" gain -h "$1"; }
speech -3 "$source/librivox/sense_and_sensibility_01_austen_64kb-0870.wav" speech.wav
speech -3 "$source/librivox/sense_and_sensibility_01_austen_64kb-0930.wav" "$here/reading.wav"
speech 0 "$raw $source/numbers.raw" "$here/numbers.wav"
speech 0 "$raw $source/tidigits/dhd.2934z.raw" "$here/digits.wav"

# The caller listens to the beep for 0.8 s, speaks, presses `#` for 120 ms, and waits.
noise() { sox -R -n $out "$2" synth "$1" whitenoise vol 0.0012; }
noise 0.8 before.wav
noise 0.35 pause.wav
noise 0.6 after.wav
sox -R -n $out key.wav synth 0.12 sine 941 synth 0.12 sine mix 1477 gain -9
sox -R before.wav speech.wav pause.wav key.wav after.wav "$here/message.wav"
