//! Models behind HTTP: OpenAI-compatible servers, vLLM, llama.cpp's server, Anthropic's messages.
//!
//! - `models_file`: `models.toml`, and what it says of an endpoint; `price`: what tokens cost
//! - `address`, `secret`: where it is, and the key that cannot be printed
//! - `wire`: requests as it reads them, replies as we check them
//! - `transport`: one request, one reply, with named time-outs and limits; `fault`: all that can go wrong
//! - `engine`: many requests: limit, pace, retries, breakers, budget
//! - `cache`: what was answered once is not paid for again
//! - `examine`: what the endpoint can really do
//! - `model`: all of it behind the backend trait
//!
//! Async stays in this room: the trait's methods block.

mod address;
mod cache;
mod cache_key;
mod engine;
mod examine;
mod fault;
mod model;
mod models_file;
mod price;
mod secret;
mod transport;
pub(crate) mod wire;

pub use address::{Address, AddressFault};
pub use cache::{CACHE_FOLDER, CacheError, CacheFileReport, CacheMode, inspect as inspect_cache, prune as prune_cache};
pub use examine::{Examination, Finding};
pub use fault::RemoteError;
pub use model::{RemoteModel, RemoteOptions};
pub use models_file::{EndpointEntry, Entry, Models, models_schema_text};
pub use price::Prices;
