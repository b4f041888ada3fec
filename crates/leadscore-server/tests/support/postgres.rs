//! A PostgreSQL of a test's own, in a folder of its own; it goes with the test, also where the test panics.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Starts one, or gives nothing where PostgreSQL is not installed. Then `LEADSCORE_REQUIRE_POSTGRES=1` fails the
    /// test, and without it the test says that it is skipped, also in the log that `make test` counts.
    pub(crate) fn start() -> Option<Postgres> {
        let Some(binaries) = binaries() else {
            skipped();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if let Some((user, group)) = server_user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let made = unprivileged(&binaries.join("initdb"))
            .args([
                "--auth=trust",
                "--username=leadscore",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
                "-D",
            ])
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = Postgres { binaries, folder, port, server: None };
        postgres.resume();
        Some(postgres)
    }

    /// The address of its one database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://leadscore@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it as if the machine went away; its data stay.
    pub(crate) fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let process = server.id().to_string();
        // A quit signal is PostgreSQL's immediate shutdown. The process ends its own children.
        let _ = Command::new("kill").args(["-QUIT", &process]).status();
        let began = Instant::now();
        while matches!(server.try_wait(), Ok(None)) {
            if began.elapsed() > Duration::from_secs(20) {
                let _ = server.kill();
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again on the same port and data.
    pub(crate) fn resume(&mut self) {
        assert!(self.server.is_none(), "PostgreSQL runs already");
        let data = self.folder.path().join("data");
        let server = unprivileged(&self.binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-c", "max_connections=60"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        let began = Instant::now();
        loop {
            let ready = Command::new(self.binaries.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "leadscore"])
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            let ended = self.server.as_mut().and_then(|server| server.try_wait().ok().flatten());
            assert!(ended.is_none(), "PostgreSQL ended at once: {ended:?}");
            assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not start");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn binaries() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let all = ["initdb", "postgres", "pg_isready"];
    folders.into_iter().find(|folder| all.iter().all(|name| folder.join(name).is_file()))
}

/// The user that the server runs as where the test runs as root, whom PostgreSQL refuses.
fn server_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if number(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].into_iter().find_map(|name| Some((number(&["-u", name])?, number(&["-g", name])?)))
}

/// A program as the server's user, which ends with the thread of the test even if the test is killed.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((user, group)) = server_user() {
        command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]);
    }
    command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
    command
}

fn skipped() {
    let required = std::env::var_os("LEADSCORE_REQUIRE_POSTGRES").is_some_and(|value| value == "1");
    assert!(!required, "PostgreSQL is not installed, and LEADSCORE_REQUIRE_POSTGRES=1");
    eprintln!("skipped: PostgreSQL is not installed");
    if let Some(log) = std::env::var_os("LEADSCORE_SKIP_LOG") {
        let line = format!("{} wants PostgreSQL\n", std::thread::current().name().unwrap_or("a test"));
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        log.write_all(line.as_bytes()).unwrap();
    }
}
