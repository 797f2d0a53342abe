//! Somebody at a terminal: commands, what they print, and the record of it.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use gotrue_fake::FakeServer;
use tempfile::TempDir;

/// Variables of the environment that must not reach the command from outside.
const FOREIGN: [&str; 11] = [
    "COLUMNS",
    "GOTRUE_URL",
    "GOTRUE_API_KEY",
    "GOTRUE_SERVICE_KEY",
    "SUPABASE_URL",
    "SUPABASE_ANON_KEY",
    "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_SECRET_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "CLICOLOR_FORCE",
    "NO_COLOR",
];

/// What a command came to.
pub struct Done {
    pub out: String,
    pub err: String,
    pub exit: i32,
}

/// A terminal with its own folder, and a record of what went over it.
pub struct Terminal {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    record: Vec<String>,
}

impl Terminal {
    /// One whose environment names the server and its keys.
    pub fn at(server: &FakeServer) -> Self {
        let mut terminal = Self::new();
        terminal.set("GOTRUE_URL", &server.url());
        terminal.set("GOTRUE_API_KEY", server.api_key().expose());
        terminal.set("GOTRUE_SERVICE_KEY", server.service_key().expose());
        terminal
    }

    /// The same at a server that is not of the test's making.
    pub fn at_url(url: &str, service_key: &str) -> Self {
        let mut terminal = Self::new();
        terminal.set("GOTRUE_URL", url);
        terminal.set("GOTRUE_SERVICE_KEY", service_key);
        terminal
    }

    /// One whose environment names nothing.
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new(), record: Vec::new() }
    }

    pub fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command without input.
    pub fn run(&mut self, line: &str) -> Done {
        self.answer(line, "")
    }

    /// Runs a command, and answers its questions by these lines.
    pub fn answer(&mut self, line: &str, input: &str) -> Done {
        let mut command = assert_cmd::Command::from_std(self.command(line));
        let output = command.write_stdin(input).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let done = Done { out: text(output.stdout), err: text(output.stderr), exit: output.status.code().unwrap() };
        self.note(line, &done);
        done
    }

    /// Begins a command that waits for something. The next lines of its standard error are there to be read.
    pub fn begin(&self, line: &str) -> Running {
        let mut command = self.command(line);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Running { child, err }
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("gotrue"));
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("GOTRUE_CONFIG_DIR", self.folder.path()).envs(self.variables.iter().cloned());
        command.args(words(line));
        command
    }

    fn note(&mut self, line: &str, done: &Done) {
        let exit = if done.exit == 0 { String::new() } else { format!("[exit {}]\n", done.exit) };
        self.record.push(format!("$ gotrue {line}\n{}{}{exit}\n", done.out, done.err));
    }

    /// Holds the record against the golden one.
    pub fn assert_record(&self, name: &str) {
        let record = self.record.concat().replace(&self.folder.path().display().to_string(), "[folder]");
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

/// A command under way.
pub struct Running {
    child: Child,
    err: BufReader<std::process::ChildStderr>,
}

impl Running {
    /// The next line of standard error that holds this.
    pub fn line_with(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.err.read_line(&mut line).unwrap() > 0, "the command ended without {part}");
            if line.contains(part) {
                return line.trim().to_owned();
            }
        }
    }

    pub fn type_line(&mut self, text: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// The next line of standard output.
    pub fn stdout(&mut self) -> BufReader<std::process::ChildStdout> {
        BufReader::new(self.child.stdout.take().unwrap())
    }

    /// Ends it at once, as a closed terminal does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The exit code.
    pub fn end(mut self) -> i32 {
        drop(self.child.stdin.take());
        // It is written to until it ends.
        std::io::copy(&mut self.err, &mut std::io::sink()).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

/// The words of a line, with single quotes around those with spaces.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('\'').enumerate();
    let words = pieces.flat_map(|(i, piece)| match i % 2 {
        0 => piece.split_whitespace().map(str::to_owned).collect(),
        _ => vec![piece.to_owned()],
    });
    words.collect()
}
