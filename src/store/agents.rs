use super::{Status, StoreError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Read;

/// Knows the agents of each tenant. The store is one; a host may have its own.
pub trait AgentDirectory: Send + Sync + fmt::Debug {
    /// Whether the tenant has such an agent.
    fn knows_agent(&self, tenant: &str, agent: &str) -> Result<bool, StoreError>;

    /// Whether the tenant has such a skill queue. All of them, where nobody says otherwise.
    fn knows_queue(&self, _tenant: &str, _queue: &str) -> Result<bool, StoreError> {
        Ok(true)
    }
}

/// Who handles a message: an agent who is known, else a queue that is known; an administrator where none is named, or
/// where who is named is not known.
pub fn allocation(
    directory: &dyn AgentDirectory,
    tenant: &str,
    agent: Option<&str>,
    queue: Option<&str>,
) -> Result<Status, StoreError> {
    let known = match (agent, queue) {
        (Some(agent), _) => directory.knows_agent(tenant, agent)?,
        (None, Some(queue)) => directory.knows_queue(tenant, queue)?,
        (None, None) => return Ok(Status::ToBeAllocated),
    };
    Ok(if known { Status::Unprocessed } else { Status::AllocationFailed })
}

/// An agent of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Who that is.
    pub agent_id: String,
    /// The agent's name for people.
    #[serde(default)]
    pub name: Option<String>,
}

/// Why a list of agents cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentListError {
    /// The CSV is none, or lacks its column.
    #[error("the CSV cannot be read: {0}; it needs a head line with the column agent_id, in UTF-8")]
    Csv(#[from] csv::Error),
    /// The JSON is none.
    #[error("the JSON cannot be read: {0}; it is an array of objects with agent_id, or of texts")]
    Json(#[from] serde_json::Error),
}

impl Agent {
    /// Reads a CSV file with the column `agent_id`, and `name` if there is one; others do not matter.
    pub fn from_csv(source: impl Read) -> Result<Vec<Self>, AgentListError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
        Ok(reader.deserialize().collect::<Result<_, _>>()?)
    }

    /// Reads a JSON array of objects with `agent_id`, and `name` if there is one, or of ids.
    pub fn from_json(source: impl Read) -> Result<Vec<Self>, AgentListError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Entry {
            Id(String),
            Agent(Agent),
        }
        let entries: Vec<Entry> = serde_json::from_reader(source)?;
        Ok(entries
            .into_iter()
            .map(|entry| match entry {
                Entry::Id(agent_id) => Self { agent_id, name: None },
                Entry::Agent(agent) => agent,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let one = |id: &str, name: Option<&str>| Agent { agent_id: id.into(), name: name.map(Into::into) };
        let csv = "name,agent_id,team\n\"Ana, of Madrid\", 1001 ,x\n,1002,y\n";
        assert_eq!(
            Agent::from_csv(csv.as_bytes()).unwrap(),
            [one("1001", Some("Ana, of Madrid")), one("1002", None)]
        );
        assert_eq!(Agent::from_csv("agent_id\n1001\n".as_bytes()).unwrap(), [one("1001", None)]);
        let json = r#"[{"agent_id":"1001","name":"Ana"},"1002"]"#;
        assert_eq!(Agent::from_json(json.as_bytes()).unwrap(), [one("1001", Some("Ana")), one("1002", None)]);
        assert!(Agent::from_csv("id\n1001\n".as_bytes()).unwrap_err().to_string().contains("agent_id"));
        assert!(Agent::from_csv(&b"agent_id\n\xFF\n"[..]).is_err());
        assert!(Agent::from_json("{}".as_bytes()).is_err());
    }
}
