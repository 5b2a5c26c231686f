//! What an interrupted training goes on from: weights, optimizer moments, losses so far.

use std::path::{Path, PathBuf};

use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::LabError;
use super::decoder::{Decoder, HostParameter, parameter_shapes};
use super::recipe::Recipe;
use super::weights::{Stored, write_safetensors};

/// Loss of one step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct StepLoss {
    pub(super) step: usize,
    pub(super) tokens: usize,
    /// Mean negative log-likelihood of the step's tokens, nats.
    pub(super) loss: f64,
}

#[derive(Serialize, Deserialize)]
struct Progress {
    recipe_hash: String,
    steps_done: usize,
    seconds: f64,
    losses: Vec<StepLoss>,
    /// Names the pair of files that belongs to this progress.
    generation: usize,
}

/// A training between two steps.
pub(super) struct Training {
    pub(super) decoder: Decoder,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) steps_done: usize,
    pub(super) seconds: f64,
    pub(super) losses: Vec<StepLoss>,
}

/// The folder of the state, below the output folder.
#[derive(Debug)]
pub(super) struct StateFolder {
    folder: PathBuf,
}

impl StateFolder {
    pub(super) fn of(out: &Path) -> Self {
        Self { folder: out.join("state") }
    }

    fn weights(&self, generation: usize) -> PathBuf {
        self.folder.join(format!("weights-{generation}.safetensors"))
    }

    fn moments(&self, generation: usize) -> PathBuf {
        self.folder.join(format!("optimizer-{generation}.burnpack"))
    }

    fn progress(&self) -> PathBuf {
        self.folder.join("progress.json")
    }

    /// Saves in two files of a new generation, then points the progress file at them: a kill at any moment leaves
    /// the last complete state.
    pub(super) fn save(&self, recipe: &Recipe, training: &Training) -> Result<(), LabError> {
        std::fs::create_dir_all(&self.folder).map_err(LabError::io(&self.folder))?;
        let generation = training.steps_done;
        let parameters = training.decoder.to_host(&recipe.model, recipe.tokenizer.vocabulary);
        write_safetensors(&self.weights(generation), &parameters, Stored::F32)?;
        let moments = self.moments(generation);
        training
            .optimizer
            .to_record()
            .save(&moments)
            .map_err(|error| LabError::State { path: moments.clone(), reason: error.to_string() })?;
        let progress = Progress {
            recipe_hash: recipe.hash(),
            steps_done: training.steps_done,
            seconds: training.seconds,
            losses: training.losses.clone(),
            generation,
        };
        let text = serde_json::to_vec(&progress).expect("progress has only finite numbers");
        let temporary = self.folder.join("progress.json.new");
        std::fs::write(&temporary, text).map_err(LabError::io(&temporary))?;
        std::fs::rename(&temporary, self.progress()).map_err(LabError::io(self.progress()))?;
        self.remove_other_generations(generation)
    }

    fn remove_other_generations(&self, keep: usize) -> Result<(), LabError> {
        let (weights, moments) = (self.weights(keep), self.moments(keep));
        for entry in std::fs::read_dir(&self.folder).map_err(LabError::io(&self.folder))? {
            let path = entry.map_err(LabError::io(&self.folder))?.path();
            if path != weights && path != moments && path != self.progress() {
                std::fs::remove_file(&path).map_err(LabError::io(&path))?;
            }
        }
        Ok(())
    }

    /// The saved training, `None` when there is none.
    pub(super) fn load(
        &self,
        recipe: &Recipe,
        fresh: ModuleOptimizer,
        device: &Device,
    ) -> Result<Option<Training>, LabError> {
        let path = self.progress();
        if !path.exists() {
            return Ok(None);
        }
        let bad = |path: &Path, reason: String| LabError::State { path: path.into(), reason };
        let text = std::fs::read(&path).map_err(LabError::io(&path))?;
        let progress: Progress = serde_json::from_slice(&text).map_err(|error| bad(&path, error.to_string()))?;
        if progress.recipe_hash != recipe.hash() {
            return Err(LabError::OtherRecipe { path: self.folder.clone() });
        }
        let weights = self.weights(progress.generation);
        let bytes = std::fs::read(&weights).map_err(LabError::io(&weights))?;
        let file = safetensors::SafeTensors::deserialize(&bytes).map_err(|error| bad(&weights, error.to_string()))?;
        let mut parameters = Vec::new();
        for (name, shape) in parameter_shapes(&recipe.model, recipe.tokenizer.vocabulary) {
            let tensor = file.tensor(&name).map_err(|error| bad(&weights, error.to_string()))?;
            if tensor.shape() != shape || tensor.dtype() != safetensors::Dtype::F32 {
                return Err(bad(&weights, format!("tensor {name} has shape {:?}", tensor.shape())));
            }
            let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            parameters.push(HostParameter { name, shape, values });
        }
        let moments = self.moments(progress.generation);
        let record = OptimizerRecord::load(&moments).map_err(|error| bad(&moments, error.to_string()))?;
        let optimizer = fresh.load_record(record);
        Ok(Some(Training {
            decoder: Decoder::from_host(&recipe.model, parameters, device),
            optimizer,
            steps_done: progress.steps_done,
            seconds: progress.seconds,
            losses: progress.losses,
        }))
    }
}
