//! A PostgreSQL server.

use std::{
    env,
    fs::{self, File, Permissions},
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use gotrue::{PostgresStores, deadpool_postgres::tokio_postgres};
use tempfile::TempDir;

use super::{certificates::Certificates, free_ports};

/// The user as whom the server runs if the tests run as root, which it refuses (`nobody`).
const UNPRIVILEGED: u32 = 65_534;

/// A server on a free loopback port with an empty database, without a password.
pub struct Postgres {
    process: Child,
    port: u16,
    binaries: PathBuf,
    data: TempDir,
}

impl Postgres {
    /// Starts a server. Returns `None`, and prints that the test is skipped, if none is installed.
    pub fn start() -> Option<Self> {
        Self::start_with(None)
    }

    /// Starts a server that accepts TLS as well.
    pub fn start_with(tls: Option<&Certificates>) -> Option<Self> {
        let Some(binaries) = binaries() else {
            println!("skipped: there is no postgres on the path or in /usr/lib/postgresql");
            return None;
        };
        let data = TempDir::new().unwrap();
        if is_root() {
            chown(data.path(), Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
        let initialized = command(&binaries.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(data.path())
            .output()
            .unwrap();
        assert!(initialized.status.success(), "{}", String::from_utf8_lossy(&initialized.stderr));
        if let Some(tls) = tls {
            use_tls(data.path(), tls);
        }
        for _ in 0..10 {
            let [port] = free_ports();
            // Otherwise another process has taken the port since.
            if let Some(process) = run(&binaries, &data, port) {
                return Some(Self { process, port, binaries, data });
            }
        }
        panic!("postgres does not start");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Rejects connections without TLS from now on.
    pub fn require_tls(&mut self) {
        fs::write(self.data.path().join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").unwrap();
        self.crash();
        self.restart();
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Returns stores whose tables exist.
    pub async fn stores(&self, service: &str) -> PostgresStores {
        let stores = PostgresStores::connect(&self.url(), service).await.unwrap();
        stores.migrate().await.unwrap();
        stores
    }

    /// Runs a statement on a connection of its own. Returns the first column of its rows as text.
    pub async fn query(&self, statement: &str) -> Vec<String> {
        let (client, connection) = tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(statement).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
        let row = |message: &tokio_postgres::SimpleQueryMessage| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        messages.iter().filter_map(row).collect()
    }

    /// Stops the server as a crash does: without a checkpoint, and without a word to its clients.
    pub fn crash(&mut self) {
        let mut stop = command(&self.binaries.join("pg_ctl"));
        stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"]).arg(self.data.path());
        assert!(stop.status().unwrap().success());
        self.process.wait().unwrap();
    }

    /// Starts the server again after a crash.
    pub fn restart(&mut self) {
        self.process = run(&self.binaries, &self.data, self.port).expect("the same server on the same port");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.crash();
        }
    }
}

/// Returns the directory of the newest version that is installed.
fn binaries() -> Option<PathBuf> {
    let mut directories: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    directories.sort_by_key(|version| version.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    let path = env::var_os("PATH").unwrap_or_default();
    let installed = directories.iter().rev().map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(installed).find(|path| path.join("postgres").exists() && path.join("initdb").exists())
}

/// Adds a certificate to the data of a server.
fn use_tls(data: &Path, tls: &Certificates) {
    for (name, text) in [("server.crt", &tls.certificate_pem), ("server.key", &tls.key_pem)] {
        let file = data.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            chown(file, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
    }
    let mut settings = File::options().append(true).open(data.join("postgresql.conf")).unwrap();
    settings.write_all(b"ssl = on\n").unwrap();
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0)
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    // The directory of the tests may be closed to the other user.
    command.current_dir("/");
    if is_root() {
        command.uid(UNPRIVILEGED).gid(UNPRIVILEGED);
    }
    command
}

fn run(binaries: &Path, data: &TempDir, port: u16) -> Option<Child> {
    let mut process = command(&binaries.join("postgres"))
        .arg("-D")
        .arg(data.path())
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        // The machine does not crash, so that nothing has to reach the disk.
        .args(["-c", "fsync=off"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(process.stderr.take().unwrap());
    let is_ready = output.lines().map_while(Result::ok).any(|line| line.contains("ready to accept connections"));
    if !is_ready {
        process.wait().unwrap();
    }
    is_ready.then_some(process)
}
