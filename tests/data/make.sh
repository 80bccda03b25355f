#!/bin/sh
# Makes the recordings of this folder again from Debian's pocketsphinx-testdata and festvox-ru (190 MB): needs apt-get,
# dpkg and sox. README.md tells what each one is, and under which licence.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq pocketsphinx-testdata festvox-ru
for package in *.deb; do dpkg -x "$package" .; done
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

# What comes closest to a key in 61 hours: a sentence's number, its speed, the telephone (as in talk_off/run.sh), and
# where 0.9 s of it begin. Each is followed by 0.3 s of silence.
closest() {
    cat <<'END'
0702 1.05 plain 7.53
0702 1.05 highpass 7.53
0702 1.05 loud 7.53
0825 1.10 loud 0.16
0823 1.05 loud 7.53
0735 1.15 loud 0.29
0233 1.20 loud 0.26
0470 1.20 loud 2.71
0768 1.25 loud 5.45
0797 1.00 loud 6.28
0270 1.00 loud 7.52
0812 1.15 loud 4.22
0839 1.15 loud 2.36
0472 1.15 loud 0.17
0104 0.95 loud 0.33
0696 1.05 loud 5.70
0751 1.10 loud 0.78
0238 1.15 loud 0.48
0394 1.15 loud 0.31
END
}
closest | while read -r sentence speed telephone start; do
    case $telephone in plain) effects="" ;; highpass) effects="highpass 300" ;; loud) effects="highpass 500 gain 9.5" ;; esac
    sox -V1 -R "$(find usr/share -name "ru_$sentence.wav")" $out sped.wav speed "$speed" rate 8000 </dev/null
    sox -V1 -R sped.wav $out "closest-$sentence-$telephone.wav" $effects trim "$start" 0.9 pad 0 0.3 </dev/null
done
# shellcheck disable=SC2046
sox $(closest | sed 's/\(....\) [^ ]* \([a-z]*\) .*/closest-\1-\2.wav/') "$here/talk_off.wav"
