use jiff::Zoned;
use rustix::rand::{GetRandomFlags, getrandom};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest component of a path that leaves room for `.part`.
const COMPONENT_MAX_BYTES: usize = 244;
/// The longest value; less where a component has many.
const VALUE_MAX_BYTES: usize = 64;
/// What a value may be cut to, at the shortest.
const VALUE_MIN_BYTES: usize = 8;
/// The deepest path, and the longest.
const COMPONENTS_MAX: usize = 16;

/// Where a tenant's files go: a path with fields in braces.
///
/// | field | what stands there |
/// |---|---|
/// | `{volume}/{vdn}` | how each template begins: the volume, and the tenant's directory there |
/// | `{yyyy}` `{mm}` `{dd}` `{HH}` `{MM}` `{SS}`, run together as you like: `{yyyymmddHHMMSS}` | year, month, day, hour, minute, second in the tenant's time zone |
/// | `{random}`, `{random:N}` | 8 random digits, or 4 to 18; needed in the last component |
/// | `{tenant}` `{location}` `{node}` `{caller}` `{called}` `{agent}` `{queue}` `{channel}` | what they are called |
/// | `{var:NAME}` | a flow variable |
///
/// Values are made safe: `/`, `\`, NUL, control characters and dots at the beginning become `_`, what is longer than 64
/// bytes is cut, what is not given is `none`. No value can leave the tenant's directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct NameTemplate {
    text: String,
    /// Below the tenant's directory.
    components: Vec<Component>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Component {
    parts: Vec<Part>,
    value_max_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// A `strftime` format.
    Time(String),
    Random(usize),
    Value(String),
    Variable(String),
}

/// What a name is made of.
#[derive(Clone, Debug, Default)]
pub struct NameContext<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// Which node holds the file.
    pub location: Option<&'a str>,
    /// The flow's node.
    pub node: Option<&'a str>,
    /// Who calls.
    pub caller: Option<&'a str>,
    /// The number that was called.
    pub called: Option<&'a str>,
    /// The agent.
    pub agent: Option<&'a str>,
    /// The skill queue.
    pub queue: Option<&'a str>,
    /// The channel.
    pub channel: Option<&'a str>,
    /// The flow's variables.
    pub variables: Option<&'a BTreeMap<String, String>>,
}

const VALUES: [&str; 8] = ["tenant", "location", "node", "caller", "called", "agent", "queue", "channel"];
const TIMES: [(&str, &str); 6] =
    [("yyyy", "%Y"), ("mm", "%m"), ("dd", "%d"), ("HH", "%H"), ("MM", "%M"), ("SS", "%S")];

/// Why a template is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum TemplateError {
    /// It does not begin in the tenant's directory.
    #[error(
        "the template has to begin with `{{volume}}/{{vdn}}/`, so that files stay in the tenant's directory"
    )]
    Outside,
    /// No such field.
    #[error(
        "`{{{0}}}` is no field; there are {{yyyy}}, {{mm}}, {{dd}}, {{HH}}, {{MM}}, {{SS}} and these run together, {{random}}, \
         {{random:N}} with N of 4 to 18, {{tenant}}, {{location}}, {{node}}, {{caller}}, {{called}}, {{agent}}, {{queue}}, \
         {{channel}}, {{var:NAME}}"
    )]
    UnknownField(String),
    /// A brace without its partner.
    #[error("a brace has no partner; write fields as {{caller}}")]
    Brace,
    /// A part of the path that names no file or directory.
    #[error(
        "`{0}` is no file or directory name; take no empty ones, no `.` and `..`, no `\\`, NUL or control characters"
    )]
    Component(String),
    /// Two files would meet.
    #[error("the last component needs {{random}}, so that two messages of one second do not meet")]
    NotUnique,
    /// It is too long or too deep.
    #[error(
        "`{0}` is too long: a component takes 244 bytes and 8 for each value at least, a path 16 components"
    )]
    TooLong(String),
}

impl NameTemplate {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let rest = text.strip_prefix("{volume}/").unwrap_or(text);
        let rest = ["{vdn}/", "{tenant}/"].into_iter().find_map(|start| rest.strip_prefix(start));
        let components: Vec<Component> =
            rest.ok_or(TemplateError::Outside)?.split('/').map(Component::parse).collect::<Result<_, _>>()?;
        if components.len() > COMPONENTS_MAX {
            return Err(TemplateError::TooLong(text.to_owned()));
        }
        let random = |part: &Part| matches!(part, Part::Random(_));
        if !components.last().is_some_and(|last| last.parts.iter().any(random)) {
            return Err(TemplateError::NotUnique);
        }
        Ok(Self { text: text.to_owned(), components })
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path of a message that begins at this time of the tenant's time zone, relative to the tenant's directory. Each
    /// call gives another one.
    pub fn render(&self, at: &Zoned, context: &NameContext<'_>) -> String {
        let components: Vec<String> =
            self.components.iter().map(|component| component.render(at, context)).collect();
        components.join("/")
    }
}

impl TryFrom<String> for NameTemplate {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, TemplateError> {
        Self::parse(&text)
    }
}

impl From<NameTemplate> for String {
    fn from(template: NameTemplate) -> Self {
        template.text
    }
}

impl Default for NameTemplate {
    /// `{volume}/{vdn}/record/{yyyymmdd}/{yyyymmddHHMMSS}-{random}-record.wav`
    fn default() -> Self {
        let text = "{volume}/{vdn}/record/{yyyymmdd}/{yyyymmddHHMMSS}-{random}-record.wav";
        Self::parse(text).expect("a test parses it")
    }
}

impl Component {
    fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find(['{', '}']) {
            let (literal, field) = rest.split_at(start);
            let (field, after) = field
                .strip_prefix('{')
                .and_then(|field| field.split_once('}'))
                .ok_or(TemplateError::Brace)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::parse(field)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        let bad = |character: char| character == '\\' || character.is_control();
        let dots = text.starts_with('.') && matches!(text, "." | "..");
        if parts.is_empty() || dots || text.contains(bad) {
            return Err(TemplateError::Component(text.to_owned()));
        }
        let fixed: usize = parts.iter().map(Part::fixed_bytes).sum();
        let values = parts.iter().filter(|part| part.fixed_bytes() == 0).count();
        let room =
            COMPONENT_MAX_BYTES.checked_sub(fixed).ok_or_else(|| TemplateError::TooLong(text.to_owned()))?;
        let value_max_bytes = (room / values.max(1)).min(VALUE_MAX_BYTES);
        if values > 0 && value_max_bytes < VALUE_MIN_BYTES {
            return Err(TemplateError::TooLong(text.to_owned()));
        }
        Ok(Self { parts, value_max_bytes })
    }

    fn render(&self, at: &Zoned, context: &NameContext<'_>) -> String {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => name.push_str(text),
                Part::Time(format) => name.push_str(&at.strftime(format).to_string()),
                Part::Random(digits) => name.push_str(&random_digits(*digits)),
                Part::Value(field) => name.push_str(&safe(context.value(field), self.value_max_bytes)),
                Part::Variable(variable) => {
                    let value = context.variables.and_then(|variables| variables.get(variable));
                    name.push_str(&safe(value.map(String::as_str), self.value_max_bytes));
                }
            }
        }
        name
    }
}

impl Part {
    fn parse(field: &str) -> Result<Self, TemplateError> {
        let unknown = || TemplateError::UnknownField(field.to_owned());
        if let Some(variable) = field.strip_prefix("var:") {
            return if variable.is_empty() {
                Err(unknown())
            } else {
                Ok(Self::Variable(variable.to_owned()))
            };
        }
        if VALUES.contains(&field) {
            return Ok(Self::Value(field.to_owned()));
        }
        if field == "random" {
            return Ok(Self::Random(8));
        }
        if let Some(digits) = field.strip_prefix("random:") {
            let digits = digits.parse().ok().filter(|digits| (4..=18).contains(digits));
            return digits.map(Self::Random).ok_or_else(unknown);
        }
        let mut format = String::new();
        let mut rest = field;
        while !rest.is_empty() {
            let time = TIMES.iter().find_map(|(name, code)| Some((rest.strip_prefix(name)?, code)));
            let (after, code) = time.ok_or_else(unknown)?;
            format.push_str(code);
            rest = after;
        }
        if format.is_empty() { Err(unknown()) } else { Ok(Self::Time(format)) }
    }

    /// Bytes that it takes; 0 where that is the value's affair.
    fn fixed_bytes(&self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            // Two digits each, and two more for the year.
            Self::Time(format) => format.len() + 2 * format.matches("%Y").count(),
            Self::Random(digits) => *digits,
            Self::Value(_) | Self::Variable(_) => 0,
        }
    }
}

impl<'a> NameContext<'a> {
    fn value(&self, field: &str) -> Option<&'a str> {
        match field {
            "tenant" => Some(self.tenant),
            "location" => self.location,
            "node" => self.node,
            "caller" => self.caller,
            "called" => self.called,
            "agent" => self.agent,
            "queue" => self.queue,
            _ => self.channel,
        }
    }
}

/// A value that cannot lead out of its directory.
fn safe(value: Option<&str>, max_bytes: usize) -> String {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return "none".to_owned() };
    let dots = value.len() - value.trim_start_matches('.').len();
    let mut safe = String::new();
    for (place, character) in value.char_indices() {
        if safe.len() + character.len_utf8() > max_bytes {
            break;
        }
        let bad = place < dots || matches!(character, '/' | '\\') || character.is_control();
        safe.push(if bad { '_' } else { character });
    }
    safe
}

/// Decimal digits from the operating system, not from the clock.
pub(super) fn random_digits(count: usize) -> String {
    let mut random = [0; 8];
    // A kernel that has no randomness yet leaves zeros: exclusive creation then tells of a clash.
    let _ = getrandom(&mut random[..], GetRandomFlags::NONBLOCK);
    let number = u64::from_ne_bytes(random) % 10_u64.pow(count as u32);
    format!("{number:0count$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component as PathComponent, Path};

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_is_the_products() {
        let at = at("2019-04-24T15:31:26+02:00[Europe/Madrid]");
        let name = NameTemplate::default().render(&at, &NameContext::default());
        let (directory, file) = name.rsplit_once('/').unwrap();
        assert_eq!(directory, "record/20190424");
        assert!(file.starts_with("20190424153126-") && file.ends_with("-record.wav"), "{file}");
        assert_eq!(file.len(), 34);
        let names = (0..1_000).map(|_| NameTemplate::default().render(&at, &NameContext::default()));
        assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 1_000);
    }

    #[test]
    fn every_field_stands_for_its_value() {
        let template = NameTemplate::parse(
            "{volume}/{vdn}/{yyyy}-{mm}-{dd}T{HH}{MM}{SS}/{tenant}.{location}.{node}.{caller}.{called}.{agent}.{queue}.{channel}/{var:case}-{random:4}.wav",
        );
        let variables = BTreeMap::from([("case".to_owned(), "x/../../y".to_owned())]);
        let context = NameContext {
            tenant: "1001",
            location: Some("uap1"),
            node: Some("Leave a message"),
            caller: Some("../../etc"),
            called: Some("5\0x"),
            agent: Some(".hidden"),
            queue: None,
            channel: Some(""),
            variables: Some(&variables),
        };
        let name = template.unwrap().render(&at("2026-01-02T03:04:05[UTC]"), &context);
        let expected =
            "2026-01-02T030405/1001.uap1.Leave a message.___.._etc.5_x._hidden.none.none/x_.._.._y-";
        assert!(name.starts_with(expected), "{name}");
    }

    #[test]
    fn bad_templates_are_told() {
        let check =
            |text: &str, error: TemplateError| assert_eq!(NameTemplate::parse(text), Err(error), "{text}");
        check("record/{random}.wav", TemplateError::Outside);
        check("/etc/{random}.wav", TemplateError::Outside);
        check("{volume}/{vdn}", TemplateError::Outside);
        check("{volume}/{vdn}/{nobody}-{random}.wav", TemplateError::UnknownField("nobody".into()));
        check("{volume}/{vdn}/{random:3}.wav", TemplateError::UnknownField("random:3".into()));
        check("{volume}/{vdn}/{}{random}.wav", TemplateError::UnknownField(String::new()));
        check("{volume}/{vdn}/{caller.wav", TemplateError::Brace);
        check("{volume}/{vdn}/caller}.wav", TemplateError::Brace);
        check("{volume}/{vdn}/../{random}.wav", TemplateError::Component("..".into()));
        check("{volume}/{vdn}//{random}.wav", TemplateError::Component(String::new()));
        check("{volume}/{vdn}/a\0{random}.wav", TemplateError::Component("a\0{random}.wav".into()));
        check("{volume}/{vdn}/{yyyymmdd}.wav", TemplateError::NotUnique);
        let long = "x".repeat(245);
        check(&format!("{{vdn}}/{long}/{{random}}.wav"), TemplateError::TooLong(long));
        let told = NameTemplate::parse("{vdn}/{nobody}").unwrap_err().to_string();
        assert!(told.contains("{caller}") && told.contains("{var:NAME}"), "{told}");
    }

    proptest! {
        #[test]
        fn nothing_leaves_the_directory(caller: String, node in "[./\\\\\0a]{0,300}", variable: String) {
            let template = NameTemplate::parse("{vdn}/{caller}/{node}/{var:x}{caller}{node}-{random}.wav").unwrap();
            let variables = BTreeMap::from([("x".to_owned(), variable)]);
            let context = NameContext {
                caller: Some(&caller), node: Some(&node), variables: Some(&variables), ..NameContext::default()
            };
            let name = template.render(&at("2026-01-02T03:04:05[UTC]"), &context);
            let components: Vec<_> = Path::new(&name).components().collect();
            prop_assert_eq!(components.len(), 3);
            prop_assert!(components.iter().all(|part| matches!(part, PathComponent::Normal(_))));
            prop_assert!(name.split('/').all(|part| (1..=COMPONENT_MAX_BYTES).contains(&part.len()) && !part.starts_with('.')));
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
