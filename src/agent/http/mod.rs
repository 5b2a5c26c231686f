//! A memory system of the user's own, behind the agent protocol (docs/memory-agents.md, docs/memory-agent-protocol.yaml).
//!
//! - `protocol`: what is sent and what comes back, as JSON;
//! - `client`: one request, with time-outs, repeated where that can help, never sent on by a redirect;
//! - `session`: one history memorised in order, and then asked about; one id for both.
//!
//! Nothing that a scorer knows is ever sent: no answers, key points, evidence, types of questions.

mod client;
mod fault;
mod protocol;
mod session;

pub use client::{HttpAgent, HttpAgentOptions};
pub use fault::AgentFault;
pub use protocol::{AgentAbout, Isolation, MemoryReply, PROTOCOL_VERSION, QueryBody, ReplyUsage};
pub use session::{HttpSession, MemorizedPiece, SessionState};
