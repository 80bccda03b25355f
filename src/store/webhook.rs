//! Who is told of messages by HTTP, and what is under way to them.

use super::{MessageId, NoticeKind, StoreError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rustix::rand::{GetRandomFlags, getrandom};
use sha2::Sha256;
use std::fmt;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// Bytes of a secret that Standard Webhooks asks for.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The key that notices are signed with: `whsec_` and 24 to 64 bytes in base64, as Standard Webhooks has it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// A fresh one of 32 bytes.
    pub fn fresh() -> Result<Self, StoreError> {
        let mut bytes = vec![0; 32];
        match getrandom(&mut bytes[..], GetRandomFlags::empty()) {
            Ok(32) => Ok(Self(bytes)),
            Ok(_) => Err(StoreError::Secret),
            Err(error) => Err(StoreError::io("/dev/urandom", error)),
        }
    }

    /// The one that a text says.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        bytes.filter(|bytes| SECRET_BYTES.contains(&bytes.len())).map(Self).ok_or(StoreError::Secret)
    }

    /// As the receiver has to know it.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a notice, as its header `webhook-signature` has it.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &str) -> String {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp_s}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

/// Who is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Of which tenant's messages; `None`: of all.
    pub tenant: Option<String>,
    /// Where notices are posted: `https://…`, or `http://…` in a network that is trusted.
    pub url: String,
    /// What they are signed with.
    pub secret: WebhookSecret,
    /// Of what.
    pub kinds: Vec<NoticeKind>,
}

impl Webhook {
    /// Of everything that happens to a tenant's messages, or to all.
    pub fn new(tenant: Option<&str>, url: &str, secret: WebhookSecret) -> Self {
        Self {
            tenant: tenant.map(str::to_owned),
            url: url.to_owned(),
            secret,
            kinds: NoticeKind::all().into(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), StoreError> {
        let host = ["https://", "http://"].into_iter().find_map(|scheme| self.url.strip_prefix(scheme));
        let is_usable = host.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && self.url.len() <= 2_048
            && self.url.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable { Ok(()) } else { Err(StoreError::Url(self.url.clone())) }
    }
}

/// A webhook, and how it fares.
#[derive(Clone, Debug)]
pub struct WebhookState {
    /// Its number in the store.
    pub number: i64,
    /// What was asked for.
    pub webhook: Webhook,
    /// The receiver has answered 410, or its tenant is gone: nothing more is sent.
    pub disabled: bool,
    /// Notices that await their delivery.
    pub pending: u64,
    /// Notices that were given up.
    pub failed: u64,
    /// Why the last delivery that failed did.
    pub last_error: Option<String>,
}

/// A notice on its way.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its number in the store.
    pub(super) key: i64,
    /// The same each time that it is sent: receivers tell doubles by it.
    pub id: MessageId,
    /// What is posted.
    pub body: String,
    /// How often it has failed so far.
    pub attempts: u32,
    /// When it came into the outbox, in milliseconds since 1970.
    pub created_ms: i64,
}

/// Notices that one webhook is to be told.
#[derive(Clone, Debug)]
pub struct Due {
    /// The webhook's number.
    pub number: i64,
    /// Where.
    pub url: String,
    /// Signed with what.
    pub secret: WebhookSecret,
    /// What, the oldest first.
    pub deliveries: Vec<Delivery>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The receiver has taken it.
    Delivered,
    /// It was not tried; somebody else may do so at once.
    Untried,
    /// It is tried again at this time, in milliseconds since 1970.
    Again {
        /// When.
        due_ms: i64,
        /// Why it failed.
        error: String,
    },
    /// It is not tried any more, until somebody asks for that.
    GivenUp {
        /// Why it failed.
        error: String,
    },
    /// The receiver wants nothing more, ever.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_of_their_form() {
        let secret = WebhookSecret::fresh().unwrap();
        assert_eq!(WebhookSecret::parse(&format!(" {}\n", secret.reveal())).unwrap(), secret);
        for bad in ["", "whsec_", "whsec_YWJj", "c2VjcmV0", "whsec_!!!!"] {
            assert!(WebhookSecret::parse(bad).is_err(), "{bad}");
        }
        assert!(!format!("{secret:?}").contains("whsec_"));
    }

    #[test]
    fn signatures_are_as_standard_webhooks_has_them() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn urls_are_of_their_form() {
        let webhook = |url: &str| Webhook::new(None, url, WebhookSecret::fresh().unwrap()).validate();
        assert!(webhook("https://example.com/voice?x=1").is_ok() && webhook("http://127.0.0.1:8000").is_ok());
        for bad in
            ["", "example.com", "ftp://example.com", "https://", "https:///x", "https://a b", "https://é"]
        {
            assert!(webhook(bad).is_err(), "{bad}");
        }
    }
}
