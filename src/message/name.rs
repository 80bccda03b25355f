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
}
