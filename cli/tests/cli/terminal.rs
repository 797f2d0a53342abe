//! A terminal: runs commands, and records what they print.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

use gotrue_fake::FakeServer;
use tempfile::TempDir;

/// Variables that must not leak from the test's environment into the command.
const CLEARED: [&str; 14] = [
    "COLUMNS",
    "GOTRUE_JWT_KEYS",
    "GOTRUE_JWT_SECRET",
    "GOTRUE_PROFILE",
    "GOTRUE_URL",
    "GOTRUE_API_KEY",
    "GOTRUE_SERVICE_KEY",
    "SUPABASE_URL",
    "SUPABASE_ANON_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_SECRET_KEY",
    "CLICOLOR_FORCE",
    "NO_COLOR",
];

/// The seed of servers whose IDs are in a snapshot. Servers without a seed start at 0.
pub const SEED: u64 = 1_000_000;

/// The result of a command.
pub struct Done {
    pub out: String,
    pub err: String,
    pub exit: i32,
}

/// A terminal with its own directory and a record of its commands.
pub struct Terminal {
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
    record: Vec<String>,
}

impl Terminal {
    /// Returns a terminal whose environment names the server and its keys.
    pub fn at(server: &FakeServer) -> Self {
        let mut terminal = Self::new();
        terminal.set("GOTRUE_URL", &server.url());
        terminal.set("GOTRUE_API_KEY", server.api_key().expose());
        terminal.set("GOTRUE_SERVICE_KEY", server.service_key().expose());
        terminal
    }

    /// Returns a terminal whose environment names any server.
    pub fn at_url(url: &str, service_key: &str) -> Self {
        let mut terminal = Self::new();
        terminal.set("GOTRUE_URL", url);
        terminal.set("GOTRUE_SERVICE_KEY", service_key);
        terminal
    }

    /// Returns a terminal whose environment names no server.
    pub fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), variables: Vec::new(), record: Vec::new() }
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// Runs a command without input.
    pub fn run(&mut self, line: &str) -> Done {
        self.answer(line, "")
    }

    /// Runs a command, with input for its prompts.
    pub fn answer(&mut self, line: &str, input: &str) -> Done {
        let mut command = assert_cmd::Command::from_std(self.command(line));
        let output = command.write_stdin(input).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let done = Done { out: text(output.stdout), err: text(output.stderr), exit: output.status.code().unwrap() };
        self.note(line, &done);
        done
    }

    /// Starts a command that waits for something. Its standard error can be read line by line.
    pub fn start(&self, line: &str) -> Running {
        let mut command = self.command(line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Running { child, err }
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gotrue"));
        for name in CLEARED {
            command.env_remove(name);
        }
        command.env("GOTRUE_CONFIG_DIR", self.directory.path()).envs(self.variables.iter().cloned());
        command.args(words(line));
        command
    }

    fn note(&mut self, line: &str, done: &Done) {
        let exit = if done.exit == 0 { String::new() } else { format!("[exit {}]\n", done.exit) };
        self.record.push(format!("$ gotrue {line}\n{}{}{exit}\n", done.out, done.err));
    }

    /// Compares the record with its snapshot.
    pub fn assert_record(&self, name: &str) {
        let record = self.record.concat().replace(&self.directory.path().display().to_string(), "[directory]");
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r"127\.0\.0\.1:\d+", "[server]");
        settings.add_filter(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "[jwt]");
        settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d( UTC \([^)]*\))?)?", "[time]");
        settings.add_filter(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "[time]");
        settings.add_filter(r#"(client.secret(":"| +))[\w-]{20,}"#, "$1[secret]");
        settings.add_filter(r"\b(now|\d+s ago)\b", "[just now]");
        settings.bind(|| insta::assert_snapshot!(name, record));
    }
}

/// A running command.
pub struct Running {
    child: Child,
    err: BufReader<std::process::ChildStderr>,
}

impl Running {
    /// Reads standard error up to the next line with this text, and returns the line.
    pub fn line_with(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.err.read_line(&mut line).unwrap() > 0, "the command exited without printing {part}");
            if line.contains(part) {
                return line.trim().to_owned();
            }
        }
    }

    pub fn type_line(&mut self, text: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// Returns standard output.
    pub fn stdout(&mut self) -> BufReader<std::process::ChildStdout> {
        BufReader::new(self.child.stdout.take().unwrap())
    }

    /// Sends Ctrl-C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the command to exit.
    pub fn finish(mut self) -> Done {
        drop(self.child.stdin.take());
        let (mut out, mut err) = (String::new(), String::new());
        self.err.read_to_string(&mut err).unwrap();
        if let Some(mut stdout) = self.child.stdout.take() {
            stdout.read_to_string(&mut out).unwrap();
        }
        Done { out, err, exit: self.child.wait().unwrap().code().unwrap() }
    }

    /// Kills the command.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the command to exit, and returns its exit code.
    pub fn exit(self) -> i32 {
        self.finish().exit
    }
}

/// Splits a line into words. Single quotes enclose words with spaces.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('\'').enumerate();
    let words = pieces.flat_map(|(i, piece)| match i % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    words.collect()
}
