//! Facts: *Various Tones Used in National Networks (According to ITU-T Recommendation E.180)*, annex to ITU
//! Operational Bulletin No. 781 (2003), and the variants that the common public tables of switches have beside it.
//! Where these disagree every variant is taken: for ending a message any of them will do. Left out is what is
//! doubtful (Panama's pause of 4650 ms, Romania's 133 Hz) and what cannot be told by ear from another line here
//! (Australian congestion, which is busy tone at alternating frequencies 5 Hz apart; congestion that equals busy).
//! A tone whose cadence begins with `!` elsewhere is taken as repeating.

use super::TonePattern;
use super::notation;

/// The tones of one country.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166 code in lower case.
    pub code: &'static str,
    /// Its tones.
    pub patterns: &'static [TonePattern],
}

macro_rules! countries {
    ($($code:literal $text:literal)*) => {
        /// The countries, by code.
        pub static COUNTRIES: &[Country] = &[$(Country {
            code: $code,
            patterns: {
                static PATTERNS: [TonePattern; notation::count($text)] = notation::patterns($text);
                &PATTERNS
            },
        }),*];
    };
}

const UNIVERSAL_TEXT: &str = "howler 1400+2060+2450+2600/100,0/100 fax 1100/500,0/3000";
/// What is part of every plan, but for the special information tone, which is no cadence: the receiver off-hook tone
/// of North America, and the fax calling tone of ITU-T T.30.
pub static UNIVERSAL: [TonePattern; notation::count(UNIVERSAL_TEXT)] = notation::patterns(UNIVERSAL_TEXT);

const _: () = assert!(COUNTRIES.len() < 128, "a plan has a bit for each");

#[rustfmt::skip]
countries! {
    "ae" "dial 350+440 busy 400/375,0/375 425/375,0/375 congestion 400/400,0/350,400/225,0/525 425/400,0/350,425/225,0/525 number 400 ringback 400+450/400,0/200,400+450/400,0/2000"
    "ar" "dial 425 busy 425/300,0/300 425/300,0/200 congestion 425/200,0/300 425/300,0/400 ringback 425/1000,0/4500"
    "at" "dial 420 450 busy 420/400,0/400 450/300,0/300 congestion 420/200,0/200 ringback 420/1000,0/5000"
    "au" "dial 413+438 415+440 400+450 busy 425/375,0/375 400/375,0/375 ringback 400+450/400,0/200,400+450/400,0/2000 413+438/400,0/200,413+438/400,0/2000 425/400,0/200,425/400,0/2000"
    "be" "dial 425 450 busy 425/500,0/500 450/500,0/500 congestion 425/167,0/167 ringback 425/1000,0/3000 waiting 1400/175,0/175,1400/175,0/3500"
    "bg" "dial 425 busy 425/500,0/500 425/200,0/500 congestion 425/250,0/250 ringback 425/1000,0/4000"
    "br" "dial 425 busy 425/250,0/250 congestion 425/250,0/250,425/750,0/250 ringback 425/1000,0/4000"
    "by" "busy 425/400,0/400"
    "ca" "dial 350+440 480+720 busy 480+620/500,0/500 congestion 480+620/250,0/250 ringback 440+480/2000,0/4000 waiting 440/300,0/10000"
    "ch" "dial 425 busy 425/500,0/500 500/500,0/500 congestion 425/200,0/200 425/250,0/250 ringback 425/1000,0/4000 waiting 425/200,0/200,425/200,0/4000"
    "ci" "dial 425 busy 425/500,0/500"
    "cl" "dial 400 busy 400/500,0/500 congestion 400/200,0/200 ringback 400/1000,0/3000"
    "cm" "dial 440 busy 440/500,0/500"
    "cn" "dial 450 busy 450/350,0/350 congestion 450/700,0/700 ringback 450/1000,0/4000"
    "cr" "dial 450 busy 450/330,0/330 425/300,0/300 ringback 450/1200,0/4900"
    "cu" "dial 480+720 425 425/750,0/750,425/250,0/250 busy 480+720/500,0/500 480+620/500,0/500 425/500,0/500 congestion 480+720/250,0/250"
    "cy" "dial 350+450 busy 425/500,0/500 congestion 425/250,0/250"
    "cz" "dial 425 425/330,0/330,425/660,0/660 busy 425/330,0/330 congestion 425/165,0/165 425/165,0/165,425/165,0/330 ringback 425/1000,0/4000"
    "de" "dial 425 busy 425/480,0/480 425/150,0/475 450/150,0/475 congestion 425/240,0/240 ringback 425/1000,0/4000 waiting 425/200,0/200,425/200,0/5000"
    "dk" "dial 425 busy 425/500,0/500 425/250,0/250 congestion 425/200,0/200 ringback 425/1000,0/4000"
    "dz" "busy 450/500,0/500"
    "ec" "dial 425 busy 425/333,0/333 ringback 425/1200,0/4600"
    "ee" "dial 425 busy 425/300,0/300 congestion 425/200,0/200 ringback 425/1000,0/4000"
    "eg" "dial 375+475/1000,0/4000 busy 450/500,0/500"
    "es" "dial 425 busy 425/200,0/200 congestion 425/200,0/200,425/200,0/200,425/200,0/600 ringback 425/1500,0/3000 waiting 425/175,0/175,425/175,0/3500"
    "et" "dial 425 busy 425/400,0/400"
    "fi" "dial 425 busy 425/300,0/300 congestion 425/200,0/200 ringback 425/1000,0/4000 waiting 425/150,0/150,425/150,0/8000"
    "fr" "dial 440 busy 440/500,0/500 congestion 440/250,0/250 ringback 440/1500,0/3500 waiting 440/300,0/10000"
    "gb" "dial 350+440 busy 400/375,0/375 congestion 400/400,0/350,400/225,0/525 number 400 ringback 400+450/400,0/200,400+450/400,0/2000 waiting 400/100,0/4000"
    "gh" "dial 400 busy 400/250,0/250 congestion 400/500,0/500"
    "gr" "dial 425/200,0/300,425/700,0/800 busy 425/300,0/300 450/300,0/300 congestion 425/200,0/200 425/150,0/150 ringback 425/1000,0/4000"
    "hk" "dial 350+440 busy 480+620/500,0/500 congestion 480+620/250,0/250 ringback 440+480/400,0/200,440+480/400,0/3000"
    "hr" "dial 425/200,0/300,425/700,0/800 busy 425/500,0/500 congestion 425/250,0/250 ringback 425/1000,0/4000"
    "hu" "dial 425 busy 425/300,0/300 ringback 425/1250,0/3750"
    "id" "dial 425 busy 425/500,0/500 congestion 425/250,0/250 ringback 425/1000,0/4000"
    "ie" "dial 400+425+450 busy 425/500,0/500 ringback 400+450/400,0/200,400+450/400,0/2000"
    "il" "dial 414 busy 414/500,0/500 400/500,0/500 425/500,0/500 440/500,0/500 congestion 414/250,0/250 ringback 414/1000,0/3000"
    "in" "dial 400*25 375+425 busy 400/750,0/750 400/600,0/600 congestion 400/250,0/250 ringback 400*25/400,0/200,400*25/400,0/2000"
    "iq" "busy 400/1000,0/1000"
    "ir" "dial 425 busy 425/500,0/500 congestion 425/250,0/250 number 1400"
    "is" "dial 425 busy 425/250,0/250"
    "it" "dial 425/200,0/200,425/600,0/1000 busy 425/500,0/500 congestion 425/200,0/200 ringback 425/1000,0/4000"
    "jm" "dial 350+440 busy 400/750,0/750 480+620/500,0/500 congestion 480+620/300,0/200 480+620/200,0/300"
    "jo" "dial 380+460 400+440 busy 400/750,0/750 380+460/500,0/500 400+440/500,0/500 congestion 400+440/250,0/250"
    "jp" "dial 400 busy 400/500,0/500 ringback 400*15/1000,0/2000"
    "ke" "dial 425 busy 425/500,0/500,425/400,0/200 congestion 425/200,0/200,425/400,0/350,425/225,0/525"
    "kr" "dial 350+440 busy 480+620/500,0/500 congestion 480+620/300,0/200 ringback 440+480/1000,0/2000"
    "kw" "dial 425 busy 425/500,0/500"
    "lb" "busy 435/400,0/200"
    "lk" "dial 425 busy 425/750,0/750 congestion 425/250,0/250"
    "lt" "dial 425 busy 425/350,0/350 425/400,0/400 congestion 425/200,0/200 ringback 425/1000,0/4000"
    "lu" "dial 425 450 busy 425/500,0/500 450/500,0/500 congestion 425/250,0/250 450/250,0/250"
    "ma" "dial 425 busy 425/500,0/500"
    "mo" "dial 425 busy 425/500,0/500 congestion 425/250,0/250 ringback 425/1000,0/4000"
    "mt" "busy 400/375,0/375 congestion 400/400,0/350,400/225,0/525 ringback 400+450/400,0/200,400+450/400,0/2000"
    "mx" "dial 425 busy 425/250,0/250 ringback 425/1000,0/4000"
    "my" "dial 425 busy 425/500,0/500 congestion 425/250,0/250 ringback 425/400,0/200,425/400,0/2000"
    "ng" "dial 400 425 450 busy 400/500,0/500 congestion 400/250,0/250"
    "nl" "dial 425 450 busy 425/500,0/500 450/500,0/500 congestion 425/250,0/250 450/250,0/250 ringback 425/1000,0/4000 waiting 425/500,0/9500"
    "no" "dial 425 busy 425/500,0/500 400/200,0/400 450/200,0/400 congestion 425/200,0/200 425/250,0/250 ringback 425/1000,0/4000"
    "np" "dial 425 busy 425/250,0/250 congestion 425/175,0/175"
    "nz" "dial 400 busy 400/500,0/500 congestion 400/250,0/250 900/500,0/500 ringback 400+450/400,0/200,400+450/400,0/2000"
    "om" "dial 425 busy 425/500,0/500"
    "pa" "dial 425 busy 425/320,0/320 ringback 425/1200,0/4650"
    "ph" "dial 425 busy 480+620/500,0/500 480+720/500,0/500 425/500,0/500 450/400,0/200 congestion 480+620/250,0/250 ringback 425+480/1000,0/4000"
    "pk" "busy 400/750,0/750 450/400,0/675,450/130,0/170"
    "pl" "dial 425 busy 425/500,0/500 ringback 425/1000,0/4000 waiting 425/150,0/150,425/150,0/4000"
    "pt" "dial 425 busy 425/500,0/500 400/500,0/500 congestion 425/200,0/200 ringback 425/1000,0/5000"
    "py" "busy 425/1000,0/1000"
    "qa" "dial 350+440 busy 400/800,0/800 450/800,0/800 400/375,0/375 congestion 400/400,0/350,400/225,0/525 ringback 400+450/400,0/200,400+450/400,0/2000"
    "ro" "dial 400 450"
    "ru" "dial 425 busy 425/350,0/350 425/400,0/400 congestion 425/175,0/175 ringback 425/800,0/3200"
    "sa" "dial 425 busy 425/500,0/500"
    "se" "dial 425 busy 425/250,0/250 congestion 425/250,0/750 ringback 425/1000,0/5000"
    "sg" "dial 425 busy 425/750,0/750 congestion 425/250,0/250 ringback 425*24/400,0/200,425*24/400,0/2000 waiting 425/300,0/200,425/300,0/3200"
    "si" "dial 425/700,0/800,425/200,0/300 busy 425/500,0/500 congestion 425/200,0/200 ringback 425/1000,0/4000"
    "sk" "dial 425 425/333,0/333,425/660,0/660 busy 425/333,0/333 congestion 425/165,0/165 ringback 425/1000,0/4000"
    "sn" "dial 440 busy 440/500,0/500"
    "th" "dial 400*50 busy 400/500,0/500 450/333,0/333 congestion 400/300,0/300 ringback 420/1000,0/5000"
    "tn" "dial 425 busy 425/250,0/250 number 950 congestion 425/167,0/167"
    "tr" "dial 450 busy 450/500,0/500 congestion 450/200,0/200,450/200,0/200,450/200,0/200,450/600,0/200 ringback 450/2000,0/4000"
    "tt" "dial 350+440 busy 480+620/500,0/500"
    "tw" "dial 350+440 busy 480+620/500,0/500 congestion 480+620/250,0/250 ringback 440+480/1000,0/2000"
    "tz" "busy 400/750,0/750 400/375,0/375"
    "ug" "busy 400/750,0/750 400/375,0/375"
    "us" "dial 350+440 busy 480+620/500,0/500 480+720/500,0/500 congestion 480+620/250,0/250 480+720/250,0/250 ringback 440+480/2000,0/4000 waiting 440/300,0/10000"
    "uy" "dial 425 450/700,0/800,450/200,0/300 busy 425/500,0/500 congestion 425/250,0/250"
    "ve" "dial 425 busy 425/500,0/500 congestion 425/250,0/250 ringback 425/1000,0/4000"
    "za" "dial 400*33 383+417 busy 400/500,0/500 congestion 400/250,0/250 ringback 400*33/400,0/200,400*33/400,0/2000"
    "zm" "dial 425*50 425 busy 425/500,0/500 congestion 425/250,0/250"
    "zw" "dial 400 busy 400/375,0/375"
}
