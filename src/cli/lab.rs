//! `mnemoscope lab`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::exit::Exit;
use super::progress::bar;
use super::session::Session;
use crate::lab::unlearning::unlearn;
use crate::lab::{AnyRecipe, Recipe, TrainOptions, train, write_data};

/// Train a small model from a recipe.
#[derive(Debug, Args)]
pub struct LabArgs {
    #[command(subcommand)]
    command: LabCommand,
}

#[derive(Debug, Subcommand)]
enum LabCommand {
    /// Train the model of a recipe from scratch, or make a trained one forget where the recipe says so; the same call
    /// goes on where an interrupted training stopped.
    Train {
        recipe: PathBuf,
        /// Folder of the finished checkpoint.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write the data files of a recipe: passages, biographies and questions with their number of copies, or the
    /// folders rwku, unlearning/tofu and unlearning/muse about its targets.
    Data {
        recipe: PathBuf,
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

pub(super) fn run(args: &LabArgs, session: &Session) -> Result<Exit, CliError> {
    match &args.command {
        LabCommand::Train { recipe: path, out } => {
            let recipe = AnyRecipe::load(path)?;
            let options = TrainOptions {
                recipe_path: path.clone(),
                out: out.clone(),
                interrupted: &session.interrupted,
                progress: bar(session, "{prefix} [{bar:30}] {pos}/{len} steps {per_sec} {msg} eta {eta}"),
            };
            match recipe {
                AnyRecipe::Training(recipe) => {
                    let trained = train(&recipe, &options)?;
                    if let Some(step) = trained.resumed_at {
                        session.note(&format!("continued at step {step}"));
                    }
                    session.note(&format!(
                        "{}: {} steps, {} tokens, {:.0} s, loss {:.3} nats a token over the last 50 steps",
                        recipe.name, trained.steps, trained.tokens, trained.seconds, trained.final_loss
                    ));
                }
                AnyRecipe::Unlearning(recipe) => {
                    let unlearned = unlearn(&recipe, &options)?;
                    session.note(&format!(
                        "{}: {} steps from {}; forget documents {:.3}, retain documents {:.3} nats a token",
                        recipe.name, unlearned.steps, recipe.start, unlearned.forget_loss, unlearned.retain_loss
                    ));
                }
            }
            session.print(&format!("{}\n", out.display()))?;
        }
        LabCommand::Data { recipe: path, out } => {
            let recipe = Recipe::load(path)?;
            write_data(path, &recipe, out)?;
            session.print(&format!("{}\n", out.display()))?;
        }
    }
    Ok(Exit::Done)
}
