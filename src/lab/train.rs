//! The training loop.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use indicatif::ProgressBar;

use super::LabError;
use super::decoder::{Decoder, Positions, Scale, SquaredNorm, to_f64};
use super::export::{items_of, write_model};
use super::packing::pack;
use super::recipe::{OptimizerPlan, Phase, Recipe, WORKERS};
use super::state::{StateFolder, StepLoss, Training};
use super::tokenizer::train_tokenizer;

/// Steps between two saved states.
const SAVE_EVERY: usize = 200;

/// How to train.
#[derive(Debug)]
pub struct TrainOptions<'a> {
    pub recipe_path: PathBuf,
    pub out: PathBuf,
    /// Set by Ctrl-C: the state is saved at the next step.
    pub interrupted: &'a AtomicBool,
    /// Shows steps, loss and remaining time; hidden where there is no terminal.
    pub progress: ProgressBar,
}

/// A finished training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    pub steps: usize,
    pub tokens: usize,
    /// Seconds in the loop, over all sessions.
    pub seconds: f64,
    /// Mean loss of the last 50 steps, nats a token.
    pub final_loss: f64,
    /// Whether a saved state was continued.
    pub resumed_at: Option<usize>,
    /// `(tokens, loss)` of every step, for the curve.
    pub curve: Vec<(usize, f64)>,
}

/// Trains the model of a recipe and writes its folder; goes on from a saved state of the same recipe.
///
/// # Errors
/// When the recipe or the folder cannot be used, the loss stops being a number, or the user interrupts.
pub fn train(recipe: &Recipe, options: &TrainOptions<'_>) -> Result<Trained, LabError> {
    let out: &Path = &options.out;
    std::fs::create_dir_all(out).map_err(LabError::io(out))?;
    let device = Device::flex().autodiff();
    let state = StateFolder::of(out);
    let saved = state.load(recipe, fresh_optimizer(&recipe.optimizer), &device)?;
    let items = items_of(&options.recipe_path, recipe)?;
    let tokenizer = train_tokenizer(recipe.tokenizer, &items)?;
    let packed = pack(recipe, &tokenizer, &items)?;
    let resumed_at = saved.as_ref().map(|training| training.steps_done);
    let mut training = saved.unwrap_or_else(|| Training {
        decoder: Decoder::initial(recipe, &device),
        optimizer: fresh_optimizer(&recipe.optimizer),
        steps_done: 0,
        seconds: 0.0,
        losses: Vec::new(),
    });
    let pools = (0..WORKERS)
        .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| LabError::State {
            path: out.into(),
            reason: format!("no thread could be started: {error}"),
        })?;

    options.progress.set_length(recipe.steps() as u64);
    options.progress.set_position(training.steps_done as u64);
    let total_tokens: usize = recipe.phase.iter().map(|phase| phase.tokens()).sum();
    let (mut first_step, mut first_sequence, mut tokens_before) = (0, 0, 0);
    let session = Instant::now();
    let seconds_before = training.seconds;
    for phase in &recipe.phase {
        let positions = Positions::new(&recipe.model, phase.sequence, &device);
        while training.steps_done < first_step + phase.steps {
            let step_in_phase = training.steps_done - first_step;
            let from = first_sequence + step_in_phase * phase.sequences_per_step;
            let batch = &packed.sequences[from..from + phase.sequences_per_step];
            let tokens = tokens_before + (step_in_phase + 1) * phase.sequence * phase.sequences_per_step;
            let (loss, mut gradients) = gradients(&training.decoder, recipe, phase, &positions, batch, &device, &pools);
            if !loss.is_finite() {
                return Err(LabError::Diverged { step: training.steps_done });
            }
            clip(&training.decoder, &mut gradients, recipe.optimizer.clip_norm);
            let rate = recipe.learning_rate(to_f64(tokens) / to_f64(total_tokens));
            training.decoder = training.optimizer.step(rate, training.decoder, gradients);
            training.steps_done += 1;
            training.losses.push(StepLoss { step: training.steps_done, tokens, loss });
            training.seconds = seconds_before + session.elapsed().as_secs_f64();
            options.progress.set_position(training.steps_done as u64);
            options.progress.set_message(format!("loss {loss:.3}"));
            let interrupted = options.interrupted.load(Ordering::Relaxed);
            if interrupted || training.steps_done % SAVE_EVERY == 0 || training.steps_done == recipe.steps() {
                state.save(recipe, &training)?;
            }
            if interrupted && training.steps_done < recipe.steps() {
                return Err(LabError::Interrupted { step: training.steps_done, steps: recipe.steps() });
            }
        }
        first_step += phase.steps;
        first_sequence += phase.steps * phase.sequences_per_step;
        tokens_before += phase.tokens();
    }
    options.progress.finish_and_clear();
    let parameters = training.decoder.to_host(&recipe.model, recipe.tokenizer.vocabulary);
    write_model(out, recipe, &tokenizer, &parameters, &items, &packed, &training.losses)?;
    let tail = &training.losses[training.losses.len().saturating_sub(50)..];
    Ok(Trained {
        steps: training.steps_done,
        tokens: total_tokens,
        seconds: training.seconds,
        final_loss: tail.iter().map(|loss| loss.loss).sum::<f64>() / to_f64(tail.len().max(1)),
        resumed_at,
        curve: training.losses.iter().map(|loss| (loss.tokens, loss.loss)).collect(),
    })
}

fn fresh_optimizer(plan: &OptimizerPlan) -> ModuleOptimizer {
    AdamWConfig::new().with_beta_2(0.98).with_weight_decay(plan.weight_decay).with_epsilon(1e-8).init()
}

/// Loss and summed gradients of one step: each worker takes an equal share of the rows on its own fork of the graph.
fn gradients(
    decoder: &Decoder,
    recipe: &Recipe,
    phase: &Phase,
    positions: &Positions,
    batch: &[Vec<u16>],
    device: &Device,
    pools: &[rayon::ThreadPool],
) -> (f64, GradientsParams) {
    let share = batch.len() / WORKERS;
    let denominator = to_f64(batch.len() * phase.sequence);
    let parts: Vec<(f64, GradientsParams)> = std::thread::scope(|scope| {
        let workers: Vec<_> = batch
            .chunks(share)
            .zip(pools)
            .map(|(rows, pool)| {
                scope.spawn(move || {
                    pool.install(|| {
                        let own = decoder.clone().fork(device);
                        let (inputs, targets) = inputs_and_targets(rows, phase.sequence, device);
                        let loss = own.loss(&recipe.model, positions, inputs, targets, denominator);
                        let value: f32 = loss.clone().into_scalar();
                        (f64::from(value), GradientsParams::from_grads(loss.backward(), &own))
                    })
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker only computes")).collect()
    });
    let mut accumulator = GradientsAccumulator::<Decoder>::new();
    let mut loss = 0.0;
    for (value, part) in parts {
        loss += value;
        accumulator.accumulate(decoder, part);
    }
    (loss, accumulator.grads())
}

pub(super) fn inputs_and_targets(
    rows: &[Vec<u16>],
    length: usize,
    device: &Device,
) -> (Tensor<2, Int>, Tensor<2, Int>) {
    let tensor = |offset: usize| {
        let ids: Vec<i64> =
            rows.iter().flat_map(|row| row[offset..offset + length].iter().map(|&id| i64::from(id))).collect();
        Tensor::<2, Int>::from_data(TensorData::new(ids, [rows.len(), length]), device)
    };
    (tensor(0), tensor(1))
}

/// Scales all gradients so that their norm over all parameters together is at most `limit`.
pub(super) fn clip(decoder: &Decoder, gradients: &mut GradientsParams, limit: f64) {
    let mut norm = SquaredNorm { gradients, total: 0.0 };
    decoder.visit(&mut norm);
    let norm = norm.total.sqrt();
    if norm > limit {
        decoder.visit(&mut Scale { gradients, factor: limit / norm });
    }
}
