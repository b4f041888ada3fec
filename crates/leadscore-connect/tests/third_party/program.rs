//! Programs of others, started on loopback and ended with the test.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take until it listens or, where it is run to its end, until that.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs until it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a program and waits until its port takes connections.
    pub(crate) fn start(mut command: Command, port: u16) -> Server {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let shown = format!("{command:?}");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut server = Server { child: child.unwrap_or_else(|error| panic!("{shown}: {error}")), address };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            let has_ended = server.child.try_wait().unwrap().is_some();
            if has_ended || began.elapsed() > PATIENCE {
                let _ = server.child.kill();
                let mut said = String::new();
                let _ = server.child.stderr.take().unwrap().read_to_string(&mut said);
                panic!("{shown} does not listen on {address}: {said}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Nobody reads on: a full pipe would stop the program.
        let mut stderr = server.child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        server
    }

    /// The address with a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of the environment for Python that the suite is run with.
pub(crate) fn python_program(name: &str) -> Command {
    let python = PathBuf::from(variable("THIRD_PARTY_PYTHON"));
    Command::new(python.with_file_name(name))
}

/// Runs a script of this folder to its end, with arguments, and gives what it printed.
pub(crate) fn python(script: &str, args: &[&str]) -> String {
    let mut command = Command::new(variable("THIRD_PARTY_PYTHON"));
    command.arg(own(script)).args(args);
    run(command)
}

/// A script of this folder for Python, to be started as a server.
pub(crate) fn python_command(script: &str) -> Command {
    let mut command = Command::new(variable("THIRD_PARTY_PYTHON"));
    command.arg(own(script));
    command
}

/// The same for Node, with the packages of the suite.
pub(crate) fn node(script: &str, args: &[&str]) -> String {
    let mut command = node_command();
    command.arg(own(script)).args(args);
    run(command)
}

/// Node in the folder of the packages.
pub(crate) fn node_command() -> Command {
    let mut command = Command::new(variable("THIRD_PARTY_NODE"));
    command.current_dir(variable("THIRD_PARTY_DIR")).env("THIRD_PARTY_DIR", variable("THIRD_PARTY_DIR"));
    command
}

fn run(mut command: Command) -> String {
    let shown = format!("{command:?}");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{shown}: {error}"));
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{shown} takes more than {PATIENCE:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    assert!(status.success(), "{shown}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn own(script: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/third_party").join(script)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test-third-party`"))
}
