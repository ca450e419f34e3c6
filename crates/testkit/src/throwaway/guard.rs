//! What is left behind by nobody: a shell that waits for this process to end, however it ends, then ends what it has
//! started and removes its folder. Nothing in this process could do that after a `kill -9`, and what is kept in a
//! static is never dropped.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Standard input ends when the process that holds its other end does. `pid` names the server that may be running by
/// then; it is ended only if it is one of this folder, since numbers of processes are used again.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r _
if read -r pid _ <"$0/$1" && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$0"; then
  kill -"$2" "$pid"
  tries=0
  while [ "$tries" -lt 250 ] && grep -qsF -- "$0" "/proc/$pid/cmdline"; do
    tries=$((tries + 1))
    sleep 0.02
  done
fi
rm -rf "$0"
"#;

/// A folder that goes, with the server that works in it, when this is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Guard {
    shell: Child,
    folder: PathBuf,
}

impl Guard {
    /// A new folder for a server that writes its number into `pid_file` there and ends on `signal`.
    pub(super) fn new(name: &str, pid_file: &str, signal: &str) -> Self {
        let prefix = format!("hearken-{name}-");
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir().expect("a folder").keep();
        let shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT])
            .arg(&folder)
            .args([pid_file, signal])
            .current_dir("/")
            // Not ended by what the terminal sends to all that runs in front.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is a shell");
        Self { shell, folder }
    }

    /// The folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // Nobody is left to tell.
        let _ = self.shell.wait();
    }
}
