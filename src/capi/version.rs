//! The version, when the host was compiled and when it runs.

/// Major version of this header.
pub const AFTERBEEP_VERSION_MAJOR: u32 = 0;
/// Minor version of this header.
pub const AFTERBEEP_VERSION_MINOR: u32 = 1;
/// Patch version of this header.
pub const AFTERBEEP_VERSION_PATCH: u32 = 0;

/// The version of the library that is linked: major << 16 | minor << 8 | patch.
///
/// Thread: [any]; real-time safe.  Since: 0.1.
/// cbindgen:postfix=AFTERBEEP_NONBLOCKING
#[unsafe(no_mangle)]
pub extern "C" fn afterbeep_version() -> u32 {
    AFTERBEEP_VERSION_MAJOR << 16 | AFTERBEEP_VERSION_MINOR << 8 | AFTERBEEP_VERSION_PATCH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_has_the_same_version() {
        let version =
            format!("{AFTERBEEP_VERSION_MAJOR}.{AFTERBEEP_VERSION_MINOR}.{AFTERBEEP_VERSION_PATCH}");
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        assert_eq!(afterbeep_version(), 0x00_01_00);
    }
}
