//! Memory agents behind HTTP: the reference agent, which searches by words, and two adapters to services.
//!
//! `server` has the routes; `bm25` (with `state_folder`) and `relay` are the two agents behind them. The relay asks a `translation`,
//! `mem0` or `zep`, what to send to the service and `upstream` to send it. `docs/memory-agents.md` says how to bring your own.

mod bm25;
mod mem0;
mod protocol;
mod relay;
mod server;
mod state_folder;
mod translation;
mod upstream;
mod zep;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;

use bm25::Bm25Agent;
use mem0::Mem0;
use relay::Relay;
use server::{BODY_CAP_BYTES, MemoryAgent, serve};
use state_folder::StateFolder;
use upstream::Upstream;
use zep::Zep;

#[derive(Parser)]
#[command(about = "Memory agents for `mnemoscope run memory-agent-bench --agent URL`")]
struct Arguments {
    #[command(subcommand)]
    agent: Agent,
    /// Where to listen; anybody who can reach it can read and delete sessions.
    #[arg(long, global = true, default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
}

#[derive(Subcommand)]
enum Agent {
    /// The reference: keeps every chunk and finds them by their words.
    Bm25 {
        /// Memories for a question that does not say how many.
        #[arg(long, default_value_t = 10)]
        top_k: usize,
        /// Keep sessions in this folder, over restarts.
        #[arg(long)]
        state: Option<PathBuf>,
    },
    /// The Mem0 platform.
    Mem0 {
        #[command(flatten)]
        service: Service,
        /// State of its REST interface.
        #[arg(long, value_enum, default_value = "v3")]
        interface: Mem0,
    },
    /// Zep Cloud, version 3 of its interface.
    Zep {
        #[command(flatten)]
        service: Service,
    },
}

#[derive(Args)]
struct Service {
    /// Address of the service.
    #[arg(long)]
    upstream: String,
    /// Name of the variable that holds the key; without it no key is sent.
    #[arg(long)]
    api_key_env: Option<String>,
}

impl Service {
    /// `scheme`: the word before the key.
    fn connect(&self, scheme: &str) -> Result<Upstream, String> {
        let key = self.api_key_env.as_ref().map(|name| std::env::var(name).map_err(|error| format!("{name}: {error}")));
        Upstream::new(&self.upstream, scheme, key.transpose()?.as_deref())
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), String> {
    let listen = arguments.listen;
    match arguments.agent {
        Agent::Bm25 { top_k, state } => {
            let folder = state.map(|state| StateFolder::new(&state)).transpose();
            let agent = folder.and_then(|folder| Bm25Agent::new(top_k, folder));
            listen_on(listen, agent.map_err(|error| format!("failed to read the state: {error}"))?)
        }
        Agent::Mem0 { service, interface } => listen_on(listen, Relay::new(interface, service.connect("Token")?)),
        Agent::Zep { service } => listen_on(listen, Relay::new(Zep, service.connect("Api-Key")?)),
    }
}

/// Serves until the process ends.
fn listen_on(address: SocketAddr, agent: impl MemoryAgent) -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let listener =
            TcpListener::bind(address).await.map_err(|error| format!("failed to listen on {address}: {error}"))?;
        let bound = listener.local_addr().map_err(|error| error.to_string())?;
        println!("{} listens on http://{bound}", agent.info().name);
        serve(listener, Arc::new(agent), BODY_CAP_BYTES).await;
        Ok(())
    })
}
