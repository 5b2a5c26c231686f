//! What every command shares: who is at the other end, and whether the user wants to stop.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use unicode_width::UnicodeWidthStr;

use super::error::CliError;
use super::exit::Exit;
use crate::report::escape::{cleaned, one_line};

/// One call of the program.
#[derive(Debug)]
pub struct Session {
    /// Set by the first Ctrl-C or SIGTERM; the second ends the process at once.
    pub interrupted: Arc<AtomicBool>,
    terminated: Arc<AtomicBool>,
    pub is_quiet: bool,
    pub is_json: bool,
    /// The arguments as typed, for the run record (which removes secrets).
    pub command_line: Vec<String>,
}

impl Session {
    /// Starts to listen for signals.
    pub(super) fn begin(arguments: &[OsString], is_json: bool, is_quiet: bool) -> Self {
        let interrupted = Arc::new(AtomicBool::new(false));
        let terminated = Arc::new(AtomicBool::new(false));
        for (signal, code) in [(SIGINT, Exit::Interrupted), (SIGTERM, Exit::Terminated)] {
            // Registered in this order, the second signal of a kind finds the flag set and ends the process. Where signals
            // cannot be had the default action (die at once) stays, which the record survives.
            let _ =
                signal_hook::flag::register_conditional_shutdown(signal, code.code().into(), Arc::clone(&interrupted));
            let _ = signal_hook::flag::register(signal, Arc::clone(&interrupted));
        }
        let _ = signal_hook::flag::register(SIGTERM, Arc::clone(&terminated));
        let command_line = arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        Self { interrupted, terminated, is_quiet, is_json, command_line }
    }

    /// Whether people watch stderr.
    #[must_use]
    pub fn has_watcher(&self) -> bool {
        !self.is_quiet && io::stderr().is_terminal()
    }

    /// A note for people.
    ///
    /// Names of items and files may stand in it: control characters are taken out before it reaches a terminal.
    pub fn note(&self, text: &str) {
        if !self.is_quiet {
            eprintln!("{}", cleaned(text));
        }
    }

    /// The one place that prints errors.
    pub(super) fn tell_error(&self, error: &CliError) {
        let mut told = cleaned(&error.to_string());
        eprintln!("mnemoscope: {told}");
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            let text = cleaned(&cause.to_string());
            // Transparent errors and those that print their cause would say it twice.
            if !told.contains(&text) {
                eprintln!("  because: {text}");
                told.push_str(&text);
            }
            source = cause.source();
        }
    }

    /// SIGTERM has a code of its own.
    pub(super) fn exit(&self, exit: Exit) -> Exit {
        if exit == Exit::Interrupted && self.terminated.load(Ordering::Relaxed) { Exit::Terminated } else { exit }
    }

    /// Prints machine output; a closed pipe is no error.
    ///
    /// # Errors
    /// When stdout cannot be written for another reason.
    pub fn print(&self, text: &str) -> Result<(), CliError> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::Io { path: "stdout".into(), source: error })
            }
            _ => Ok(()),
        }
    }

    /// Prints a value as one JSON document.
    ///
    /// # Errors
    /// Those of [`Session::print`].
    pub fn print_json<T: serde::Serialize>(&self, value: &T) -> Result<(), CliError> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::Usage { message: format!("the output cannot be written as JSON: {error}") })?;
        text.push('\n');
        self.print(&text)
    }

    /// Prints rows as aligned columns; control characters of hostile text are removed.
    ///
    /// # Errors
    /// Those of [`Session::print`].
    pub fn print_table(&self, header: &[&str], rows: &[Vec<String>]) -> Result<(), CliError> {
        self.print(&table(header, rows))
    }
}

/// Rows under a header, left-aligned, two spaces apart.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let clean: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    let mut widths: Vec<usize> = header.iter().map(|name| name.width()).collect();
    for row in &clean {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (index, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            line.push_str(cell);
            if index + 1 < cells.len() {
                line.extend(std::iter::repeat_n(' ', width - cell.width() + 2));
            }
        }
        line.push('\n');
        line
    };
    let mut out = line(header);
    for row in &clean {
        out.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    out
}
