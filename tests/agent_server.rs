//! The server side of the memory-agent protocol, which lives in `examples/memory_agent/`: here its files are modules, so that
//! their own tests run too, and their servers stand on real sockets.
//!
//! `sequence` asks the reference agent, `adapters` those in front of services, `described` holds the server against its description.

#[path = "../examples/memory_agent/bm25.rs"]
mod bm25;
#[path = "../examples/memory_agent/mem0.rs"]
mod mem0;
#[path = "../examples/memory_agent/protocol.rs"]
mod protocol;
#[path = "../examples/memory_agent/relay.rs"]
mod relay;
#[path = "../examples/memory_agent/server.rs"]
mod server;
#[path = "../examples/memory_agent/state_folder.rs"]
mod state_folder;
#[path = "../examples/memory_agent/translation.rs"]
mod translation;
#[path = "../examples/memory_agent/upstream.rs"]
mod upstream;
#[path = "../examples/memory_agent/zep.rs"]
mod zep;

mod adapters;
mod described;
mod recorded;
mod sequence;

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use protocol::PROTOCOL_HEADER;
use server::{BODY_CAP_BYTES, MemoryAgent, serve};

/// A running agent and somebody who asks it; both end with the value.
pub struct Running {
    address: SocketAddr,
    runtime: Runtime,
    client: reqwest::Client,
}

impl Running {
    /// The reference agent.
    pub fn reference() -> Self {
        Self::start(bm25::Bm25Agent::new(10, None).expect("nothing to read"))
    }

    /// `--agent` for it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn start(agent: impl MemoryAgent) -> Self {
        Self::start_with(agent, BODY_CAP_BYTES)
    }

    fn start_with(agent: impl MemoryAgent, body_cap_bytes: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(serve(listener, Arc::new(agent), body_cap_bytes));
        Self { address, runtime, client: reqwest::Client::builder().no_proxy().build().expect("a client") }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// Status and body of a reply; an empty body is null.
    fn sent(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        self.runtime.block_on(async {
            let reply = request.send().await.expect("a reply");
            let status = reply.status().as_u16();
            let text = reply.text().await.expect("a text");
            (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("JSON") })
        })
    }

    /// As our client asks.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.sent(self.request(method, path).header(PROTOCOL_HEADER, "1").body(body.to_string()))
    }

    fn memorize(&self, id: &str, index: u64, raw_text: &str) -> (u16, Value) {
        let body = json!({
            "index": index, "text": format!("Please remember this: {raw_text}"), "raw_text": raw_text, "role": "user",
            "timestamp": "2026-01-01 00:00:00",
        });
        self.ask("POST", &format!("/sessions/{id}/memorize"), &body)
    }

    fn query(&self, id: &str, question: &str, top_k: u64) -> (u16, Value) {
        let body = json!({
            "query_id": "q-0", "text": format!("Now Answer the Question: {question}"), "question": question,
            "max_tokens": 50, "temperature": 0.0, "top_k": top_k, "read_only": true,
        });
        self.ask("POST", &format!("/sessions/{id}/query"), &body)
    }
}

fn opening(id: &str) -> Value {
    json!({"session_id": id, "source": "ruler_qa1_197K", "n_chunks": 2, "meta": {}})
}
