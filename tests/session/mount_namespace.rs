//! Tests that mount file systems, each in a process with a mount namespace of its own.

use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

const VARIABLE: &str = "IN_MOUNT_NAMESPACE";

/// Returns whether this process may mount. If it may not, runs this test again in one that may; where the system does
/// not allow that, prints that the test was skipped.
pub fn is_entered(test: &str) -> bool {
    if env::var_os(VARIABLE).is_some() {
        return true;
    }
    let unshare = |program: &Path| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount"]).arg(program).env(VARIABLE, "1");
        command
    };
    let trial = unshare(Path::new("true")).stderr(Stdio::null()).status();
    if !trial.is_ok_and(|status| status.success()) {
        println!("skipped: no mount namespaces on this system");
        return false;
    }
    let program = env::current_exe().unwrap();
    let output = unshare(&program).args(["--exact", test, "--nocapture", "--test-threads=1"]).output().unwrap();
    let printed = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
    false
}

/// Mounts one file or directory at the place of another.
pub fn bind(from: &Path, to: &Path) {
    mount(&["--bind".as_ref(), from, to]);
}

/// Makes a directory read-only, or writable again.
pub fn set_read_only(directory: &Path, read_only: bool) {
    let options = if read_only { "remount,bind,ro" } else { "remount,bind,rw" };
    mount(&["--options".as_ref(), options.as_ref(), directory]);
}

/// Mounts an empty file system in memory of this size.
pub fn tmpfs(directory: &Path, size: &str) {
    let options = format!("size={size}");
    mount(&["--types".as_ref(), "tmpfs".as_ref(), "--options".as_ref(), options.as_ref(), "tmpfs".as_ref(), directory]);
}

fn mount(arguments: &[&Path]) {
    assert!(Command::new("mount").args(arguments).status().unwrap().success(), "{arguments:?}");
}
