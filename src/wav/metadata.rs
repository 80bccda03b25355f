use jiff::Zoned;

/// The longest value, in bytes of UTF-8: with all of them the header still lies in one disk sector of 512 bytes.
const VALUE_MAX_BYTES: usize = 64;
/// The INFO chunks that hold them: creation date, software, title, artist.
const IDS: [&[u8; 4]; 4] = [b"ICRD", b"ISFT", b"INAM", b"IART"];

/// What a file says about itself, in a `LIST` chunk of type `INFO`. Nothing by default, so that equal audio gives equal
/// files.
///
/// Values are UTF-8. In the file they are cut after 64 bytes, and control characters in them become spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// When the recording began, in RFC 3339's form (`ICRD`).
    pub start_time: Option<String>,
    /// What recorded it (`ISFT`).
    pub software: Option<String>,
    /// The name of the call flow's node that recorded it (`INAM`).
    pub node_name: Option<String>,
    /// Who was recorded (`IART`).
    pub caller: Option<String>,
}

impl Metadata {
    /// The time now, with the local offset, and this software.
    pub fn now() -> Self {
        Self {
            start_time: Some(Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            software: Some(concat!("afterbeep ", env!("CARGO_PKG_VERSION")).to_owned()),
            ..Self::default()
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.values().iter().all(|value| value.is_none())
    }

    const fn values(&self) -> [&Option<String>; 4] {
        [&self.start_time, &self.software, &self.node_name, &self.caller]
    }

    /// The `LIST` chunk; no byte where nothing is said.
    pub(super) fn chunk(&self) -> Vec<u8> {
        let mut list = b"INFO".to_vec();
        for (id, value) in IDS.iter().zip(self.values()) {
            let Some(value) = value else { continue };
            let value = safe(value);
            list.extend(*id);
            list.extend((value.len() as u32 + 1).to_le_bytes());
            list.extend(value.bytes());
            list.push(0);
            list.resize(list.len().next_multiple_of(2), 0);
        }
        if self.is_empty() {
            return Vec::new();
        }
        [b"LIST", &(list.len() as u32).to_le_bytes()[..], &list].concat()
    }

    /// Takes what a `LIST` chunk says, as far as its bytes go.
    pub(super) fn read(&mut self, list: &[u8]) {
        let Some(mut rest) = list.strip_prefix(b"INFO") else { return };
        while let Some((head, behind)) = rest.split_first_chunk::<8>() {
            let [id @ .., a, b, c, d] = *head;
            let bytes = u32::from_le_bytes([a, b, c, d]) as usize;
            let value = &behind[..bytes.min(behind.len())];
            let text = value.split(|&byte| byte == 0).next().unwrap_or_default();
            let text = Some(safe(&String::from_utf8_lossy(text)));
            match &id {
                b"ICRD" => self.start_time = text,
                b"ISFT" => self.software = text,
                b"INAM" => self.node_name = text,
                b"IART" => self.caller = text,
                _ => {}
            }
            rest = behind.get(bytes.next_multiple_of(2)..).unwrap_or_default();
        }
    }
}

/// What a player may show: no control character, no longer than allowed.
fn safe(value: &str) -> String {
    let mut safe = String::new();
    for character in value.chars() {
        if safe.len() + character.len_utf8() > VALUE_MAX_BYTES {
            break;
        }
        safe.push(if character.is_control() { ' ' } else { character });
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_comes_back_safe() {
        let said = Metadata {
            caller: Some("+34 600\n\0\u{85}123".into()),
            node_name: Some("é".repeat(60)),
            ..Metadata::now()
        };
        let chunk = said.chunk();
        assert_eq!(chunk.len() % 2, 0);
        assert_eq!(u32::from_le_bytes(chunk[4..8].try_into().unwrap()) as usize, chunk.len() - 8);
        let mut read = Metadata::default();
        read.read(&chunk[8..]);
        assert_eq!(read.caller.as_deref(), Some("+34 600   123"));
        assert_eq!(read.node_name.as_deref(), Some(&*"é".repeat(32)));
        assert_eq!((read.start_time, read.software), (said.start_time, said.software));
        assert!(Metadata::default().chunk().is_empty());
    }
}
