//! A temporary folder, and the program run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Map, Value};

/// An empty folder that is the working directory of every call; gone with the test.
pub struct Folder(tempfile::TempDir);

/// What came of a call.
#[derive(Debug)]
pub struct Ended {
    /// `None`: ended by a signal that it did not handle.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with its folders.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap_or_else(|_| panic!("{name} is not UTF-8"))
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file, as sorted paths with `/`.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![self.0.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let relative = path.strip_prefix(self.0.path()).expect("below the folder");
                    found.push(relative.to_string_lossy().replace('\\', "/"));
                }
            }
        }
        found.sort();
        found
    }

    /// Copies the files of a folder, and of the folders in it.
    pub fn copy(&self, from: &Path, to: &str) {
        for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
            let path = entry.expect("an entry").path();
            let name = format!("{to}/{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                self.copy(&path, &name);
            } else {
                self.write(&name, fs::read(&path).expect("a file"));
            }
        }
    }

    /// A copy of the golden Llama checkpoint (context 512, BOS by its tokenizer), to be used or damaged.
    pub fn checkpoint(&self, name: &str) {
        self.copy(&golden("local-models/llama"), name);
    }

    /// Changes a JSON file.
    pub fn edit_json(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.json(name);
        edit(&mut value);
        self.write(name, value.to_string());
    }

    /// Changes the header of a safetensors file, and leaves its data as they are.
    pub fn edit_tensors(&self, name: &str, edit: impl FnOnce(&mut Map<String, Value>)) {
        let bytes = self.bytes(name);
        let (length, rest) = bytes.split_first_chunk::<8>().expect("a length");
        let length = usize::try_from(u64::from_le_bytes(*length)).expect("a header that fits into memory");
        let (header, data) = rest.split_at(length);
        let mut header = serde_json::from_slice(header).expect("a header");
        edit(&mut header);
        let header = serde_json::to_vec(&header).expect("a header");
        self.write(name, [&(header.len() as u64).to_le_bytes(), header.as_slice(), data].concat());
    }

    /// Runs the program to its end, with nothing on stdin.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ended {
        self.end(self.command().args(arguments).stdin(Stdio::null()))
    }

    /// Runs the program to its end, with one more environment variable.
    pub fn run_with_variable(&self, name: &str, value: &str, arguments: &[&str]) -> Ended {
        self.end(self.command().env(name, value).args(arguments).stdin(Stdio::null()))
    }

    /// Runs the program to its end, with more environment variables.
    pub fn run_with_variables(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let mut command = self.command();
        self.end(command.envs(variables.iter().copied()).args(arguments).stdin(Stdio::null()))
    }

    /// Runs the program where no file can grow beyond `kib` KiB: a write beyond it fails.
    pub fn run_with_file_limit(&self, kib: u32, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
        // `ulimit -f` counts blocks of 512 bytes; the signal that comes with it is ignored, so that the write fails.
        let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
        let mut command = self.prepare(Command::new("sh"));
        command.envs(variables.iter().copied()).arg("-c").arg(limited).arg(PROGRAM).args(arguments);
        self.end(command.stdin(Stdio::null()))
    }

    /// Runs the program to its end, with `input` on stdin.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command();
        let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().expect("the program starts");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("the program reads its input");
        Ended::of(child.wait_with_output().expect("the program ends"))
    }

    /// Runs the program where at most `gib` GiB of memory can be addressed and 8 seconds of processor time be used: what
    /// asks for more is killed, and not the machine.
    pub fn run_within(&self, gib: u32, arguments: &[&str]) -> Ended {
        // Some systems know no limit of memory; there the limit of time has to do.
        let limited = format!("ulimit -v {} 2>/dev/null; ulimit -t 8; exec \"$0\" \"$@\"", gib * 1024 * 1024);
        let mut command = self.prepare(Command::new("sh"));
        self.end(command.arg("-c").arg(limited).arg(PROGRAM).args(arguments).stdin(Stdio::null()))
    }

    /// Starts the program and does not wait for it.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command();
        let mut child = command.args(arguments).stdin(Stdio::null()).spawn().expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        Running { child, stderr, told: String::new() }
    }

    fn command(&self) -> Command {
        self.prepare(Command::new(PROGRAM))
    }

    fn prepare(&self, mut command: Command) -> Command {
        command.current_dir(self.0.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What the developer has set must not decide a test. A colour terminal is named, so that colours would show.
        for variable in ["HF_TOKEN", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "HF_TOKEN_PATH"] {
            command.env_remove(variable);
        }
        command.env_remove("NO_COLOR").env_remove("MNEMOSCOPE_TEST_GGUF").env("TERM", "xterm-256color");
        command
    }

    fn end(&self, command: &mut Command) -> Ended {
        Ended::of(command.output().expect("the program runs"))
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_mnemoscope");

/// A program that is running.
pub struct Running {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    told: String,
}

impl Running {
    /// Reads stderr up to a line with `words`.
    pub fn wait_for_line(&mut self, words: &str) {
        let mut line = String::new();
        while self.stderr.read_line(&mut line).expect("stderr") > 0 {
            self.told.push_str(&line);
            if line.contains(words) {
                return;
            }
            line.clear();
        }
        panic!("ended without a line with {words:?}: {}", self.told);
    }

    /// Waits until a file is there.
    pub fn wait_for_file(&mut self, path: &Path) {
        while !path.exists() {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "ended with {ended:?} before {} was there", path.display());
            std::thread::yield_now();
        }
    }

    /// Goes away as a reader of stdout.
    pub fn close_stdout(&mut self) {
        drop(self.child.stdout.take());
    }

    /// Sends a signal by its name, e.g. `INT`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().expect("the command `kill`");
        assert!(sent.success(), "the signal {name} was not sent");
    }

    pub fn end(mut self) -> Ended {
        self.stderr.read_to_string(&mut self.told).expect("stderr");
        let output = self.child.wait_with_output().expect("the program ends");
        Ended { stderr: self.told, ..Ended::of(output) }
    }
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program prints UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Stdout has these words.
    #[track_caller]
    pub fn saying(self, words: &str) -> Self {
        assert!(self.stdout.contains(words), "no {words:?} in {}\n{}", self.stdout, self.stderr);
        self
    }

    /// Fails the test unless stderr has all of these words.
    #[track_caller]
    pub fn telling(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "stderr lacks {word:?}: {}", self.stderr);
        }
        self
    }

    /// stdout as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }

    /// stdout as JSON lines.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        rows_of(&self.stdout)
    }
}

/// JSON lines.
#[track_caller]
pub fn rows_of(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

/// Objects as JSON lines.
pub fn json_lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// A number that must be there.
#[track_caller]
pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// A list that must be there.
#[track_caller]
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The index that stands in the field `id` of a row.
#[track_caller]
pub fn index_of(row: &Value) -> usize {
    let index = row["id"].as_u64().and_then(|id| usize::try_from(id).ok());
    index.unwrap_or_else(|| panic!("the id of {row} is no index"))
}

/// A folder of golden cases in the repository.
pub fn golden(name: &str) -> PathBuf {
    repository("tests/golden").join(name)
}

/// A file or folder of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Characters that a terminal obeys: the control characters of ASCII and those above, line ends and tabs left out.
pub fn obeyed_by_terminals(text: &str) -> String {
    text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\t')).flat_map(char::escape_default).collect()
}
