use jiff::Zoned;
use rustix::rand::{GetRandomFlags, getrandom};

/// A file name for a message that begins now: `yyyymmddHHMMSS-random-record.wav`, in local time.
///
/// The eight random digits come from the operating system, not from the clock, so that two messages
/// of one second do not meet; the file is created exclusively in any case.
pub fn fresh_name() -> String {
    let mut random = [0; 8];
    // A kernel that has no randomness yet leaves zeros: exclusive creation then tells of a clash.
    let _ = getrandom(&mut random, GetRandomFlags::NONBLOCK);
    let number = u64::from_ne_bytes(random) % 100_000_000;
    format!("{}-{number:08}-record.wav", Zoned::now().strftime("%Y%m%d%H%M%S"))
}

/// The name of a message's further file: `NAME_0002.wav` of `NAME.wav`. Byte by byte they sort as they were written, up
/// to 9999 of them.
pub(super) fn numbered(name: &str, number: u32) -> String {
    let dot = name.rfind('.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    format!("{stem}_{number:04}{extension}")
}

/// The name of the file that follows in a message.
pub(super) fn next_name(name: &str) -> String {
    let (stem, extension) = message_of(name.as_bytes());
    let number =
        name.get(stem.len() + 1..name.len() - extension.len()).and_then(|number| number.parse().ok());
    let first = String::from_utf8_lossy(&[stem, extension].concat()).into_owned();
    numbered(&first, number.unwrap_or(1) + 1)
}

/// What the names of a message's files have in common: what is before the number and behind it.
pub(super) fn message_of(name: &[u8]) -> (&[u8], &[u8]) {
    let dot = name.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0).unwrap_or(name.len());
    let (stem, extension) = name.split_at(dot);
    let digits = stem.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let numbered = stem.len() - digits;
    let stem = if digits >= 4 { stem[..numbered].strip_suffix(b"_").unwrap_or(stem) } else { stem };
    (stem, extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_stated_form_and_differ() {
        let name = fresh_name();
        let (time, rest) = name.split_once('-').unwrap();
        assert_eq!((time.len(), &rest[8..]), (14, "-record.wav"));
        assert!(time.bytes().chain(rest[..8].bytes()).all(|byte| byte.is_ascii_digit()));
        assert_ne!(fresh_name(), name);
    }

    #[test]
    fn numbered_names_sort_as_they_were_written() {
        for name in ["a.wav", "a", ".a", "a.b.wav", "20261122093000-12345678-record.wav"] {
            let names: Vec<String> = std::iter::once(name.to_owned())
                .chain([2, 3, 9, 10, 99, 100, 999, 1_000, 9_999].map(|number| numbered(name, number)))
                .collect();
            assert!(names.is_sorted(), "{names:?}");
        }
        for (name, number) in [("a.wav", 2), ("a", 9_999), ("a.b.wav", 12_345), (".a", 3)] {
            assert_eq!(message_of(numbered(name, number).as_bytes()), message_of(name.as_bytes()));
        }
        assert_ne!(message_of(b"a_12.wav"), message_of(b"a.wav"));
        assert_eq!(numbered("a.b.wav", 2), "a.b_0002.wav");
        for (name, next) in
            [("a.b.wav", "a.b_0002.wav"), ("a_0002.wav", "a_0003.wav"), ("a", "a_0002"), ("é_0999", "é_1000")]
        {
            assert_eq!(next_name(name), next);
        }
        assert_eq!(numbered(".a", 10), ".a_0010");
    }
}
