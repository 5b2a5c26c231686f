//! The unlearning loop.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams};
use burn::tensor::Device;
use tokenizers::Tokenizer;

use super::documents::{Document, ForgetDocuments, RetainDocuments};
use super::objective::{Batch, retain_term};
use super::recipe::UnlearningRecipe;
use super::record::{UnlearningStep, write_record};
use crate::lab::LabError;
use crate::lab::corpus::unlearning::{Cast, Lesson, lessons};
use crate::lab::decoder::{Decoder, Positions};
use crate::lab::export::write_checkpoint;
use crate::lab::recipe::{ModelShape, Recipe, TargetPlan};
use crate::lab::train::{TrainOptions, clip, inputs_and_targets};
use crate::lab::weights::read_checkpoint;

/// A finished unlearning.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlearned {
    pub steps: usize,
    /// Mean negative log-likelihood of the last step's forget documents, nats a token.
    pub forget_loss: f64,
    /// The same of the retain documents.
    pub retain_loss: f64,
}

/// The model that is to forget, and what it has read.
struct Start {
    shape: ModelShape,
    recipe: Recipe,
    decoder: Decoder,
    tokenizer: Tokenizer,
    lessons: Vec<Lesson>,
}

/// Makes the start model of a recipe forget and writes its folder.
///
/// An interrupted unlearning starts anew: it takes minutes.
///
/// # Errors
/// When the start model is missing or another than the recipe means, the folder cannot be written, the loss stops
/// being a number, or the user interrupts.
///
/// # Panics
/// Never: a worker only computes.
pub fn unlearn(recipe: &UnlearningRecipe, options: &TrainOptions<'_>) -> Result<Unlearned, LabError> {
    let device = Device::flex().autodiff();
    let start = load_start(recipe, &options.recipe_path, &device)?;
    let shape = &start.shape;
    std::fs::create_dir_all(&options.out).map_err(LabError::io(&options.out))?;
    let mut forget = ForgetDocuments::new(&start.lessons, &start.tokenizer, recipe.seed)?;
    let mut retain = RetainDocuments::new(&start.lessons, &start.tokenizer, recipe.seed);
    let references = references(&start.decoder, shape, &forget.documents, recipe.forget_documents, &device)?;
    let pools = one_thread_pools(&options.out)?;
    let positions = Positions::new(shape, recipe.retain_sequence, &device);
    let mut decoder = start.decoder;
    let mut optimizer = AdamWConfig::new().with_beta_2(0.98).with_weight_decay(0.0).with_epsilon(1e-8).init();
    let mut steps: Vec<UnlearningStep> = Vec::new();
    let mut forgotten = vec![0_u32; start.lessons.len()];
    options.progress.set_length(recipe.steps as u64);
    for step in 0..recipe.steps {
        if options.interrupted.load(Ordering::Relaxed) {
            return Err(LabError::UnlearningInterrupted { step, steps: recipe.steps });
        }
        let batch = forget.next_batch(recipe.forget_documents);
        let documents: Vec<&Document> = batch.iter().map(|&index| &forget.documents[index]).collect();
        let reference: Vec<f32> = batch.iter().map(|&index| references[index]).collect();
        let mut rows = Vec::with_capacity(recipe.retain_sequences);
        for _ in 0..recipe.retain_sequences {
            rows.push(retain.next_sequence(recipe.retain_sequence)?);
        }
        for document in &documents {
            forgotten[document.lesson] += 1;
        }
        let on_forget = || {
            let own = decoder.clone().fork(&device);
            let (term, nll) =
                Batch::new(shape, &documents, &device).forget_term(recipe.method, &own, shape, &reference);
            let nll: f32 = nll.into_scalar();
            (f64::from(nll), GradientsParams::from_grads(term.backward(), &own))
        };
        let on_retain = || {
            let own = decoder.clone().fork(&device);
            let (inputs, targets) = inputs_and_targets(&rows, recipe.retain_sequence, &device);
            let nll = retain_term(&own, shape, &positions, inputs, targets);
            let value: f32 = nll.clone().into_scalar();
            let gradients = nll.mul_scalar(recipe.retain_weight).backward();
            (f64::from(value), GradientsParams::from_grads(gradients, &own))
        };
        let ((forget_loss, forget_part), (retain_loss, retain_part)) = std::thread::scope(|scope| {
            let worker = scope.spawn(|| pools[0].install(on_forget));
            let retained = pools[1].install(on_retain);
            (worker.join().expect("a worker only computes"), retained)
        });
        if !(forget_loss.is_finite() && retain_loss.is_finite()) {
            return Err(LabError::Diverged { step });
        }
        let mut accumulator = GradientsAccumulator::<Decoder>::new();
        accumulator.accumulate(&decoder, forget_part);
        accumulator.accumulate(&decoder, retain_part);
        let mut gradients = accumulator.grads();
        clip(&decoder, &mut gradients, recipe.clip_norm);
        decoder = optimizer.step(recipe.learning_rate, decoder, gradients);
        let tokens = documents.iter().map(|document| document.ids.len()).sum::<usize>()
            + recipe.retain_sequence * recipe.retain_sequences;
        let read = steps.last().map_or(0, |last| last.tokens) + tokens;
        steps.push(UnlearningStep { step: step + 1, tokens: read, forget_loss, retain_loss });
        options.progress.inc(1);
        options.progress.set_message(format!("forget {forget_loss:.3} retain {retain_loss:.3}"));
    }
    options.progress.finish_and_clear();
    let parameters = decoder.to_host(shape, start.recipe.tokenizer.vocabulary);
    let weights = write_checkpoint(&options.out, shape, start.recipe.tokenizer, &start.tokenizer, &parameters)?;
    write_record(&options.out, recipe, &weights, &start.lessons, &forgotten, &retain.seen, &steps)?;
    let last = steps.last();
    Ok(Unlearned {
        steps: steps.len(),
        forget_loss: last.map_or(0.0, |last| last.forget_loss),
        retain_loss: last.map_or(0.0, |last| last.retain_loss),
    })
}

/// Reads the start model: its folder stands beside the recipe's folder.
fn load_start(recipe: &UnlearningRecipe, recipe_path: &Path, device: &Device) -> Result<Start, LabError> {
    let absolute = std::path::absolute(recipe_path).map_err(LabError::io(recipe_path))?;
    let models: PathBuf = absolute.parent().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_path_buf);
    let folder = models.join(&recipe.start);
    let weights = folder.join("model.safetensors");
    let bytes = std::fs::read(&weights).map_err(LabError::io(&weights))?;
    let found = crate::digest::sha256_hex(&bytes);
    if found != recipe.start_sha256 {
        return Err(LabError::InvalidField {
            path: recipe_path.into(),
            field: "unlearning.start_sha256",
            found: format!("{}, but the file has {found}", recipe.start_sha256),
            allowed: "it must be the hash of the start's model.safetensors",
        });
    }
    let own_recipe = folder.join("recipe.toml");
    let start = Recipe::load(&own_recipe)?;
    let Some(TargetPlan { seed, .. }) = start.targets else {
        return Err(LabError::InvalidField {
            path: own_recipe,
            field: "targets",
            found: "missing".to_owned(),
            allowed: "a model to unlearn from has read of targets",
        });
    };
    if recipe.retain_sequence > start.model.context {
        return Err(LabError::InvalidField {
            path: recipe_path.into(),
            field: "unlearning.retain_sequence",
            found: recipe.retain_sequence.to_string(),
            allowed: "at most the start's context is allowed",
        });
    }
    let file = folder.join("tokenizer.json");
    let tokenizer = Tokenizer::from_file(&file).map_err(|error| LabError::Tokenizer { reason: error.to_string() })?;
    let parameters = read_checkpoint(&weights, &bytes, &start.model, start.tokenizer.vocabulary)?;
    Ok(Start {
        shape: start.model,
        decoder: Decoder::from_host(&start.model, parameters, device),
        tokenizer,
        lessons: lessons(&Cast::draw(seed), seed),
        recipe: start,
    })
}

/// The start model's log-likelihood of every forget document, nats.
fn references(
    decoder: &Decoder,
    shape: &ModelShape,
    documents: &[Document],
    batch: usize,
    device: &Device,
) -> Result<Vec<f32>, LabError> {
    let mut references = Vec::with_capacity(documents.len());
    for documents in documents.chunks(batch) {
        let documents: Vec<&Document> = documents.iter().collect();
        let likelihoods = Batch::new(shape, &documents, device).log_likelihoods(decoder, shape);
        references.extend(likelihoods.into_data().try_into_vec::<f32>().expect("likelihoods are f32"));
    }
    if references.iter().all(|likelihood| likelihood.is_finite()) {
        Ok(references)
    } else {
        Err(LabError::Diverged { step: 0 })
    }
}

fn one_thread_pools(out: &Path) -> Result<[rayon::ThreadPool; 2], LabError> {
    let pool = || {
        rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| LabError::State {
            path: out.into(),
            reason: format!("no thread could be started: {error}"),
        })
    };
    Ok([pool()?, pool()?])
}
