//! What the kernel says about this process, under the names that Prometheus client libraries share.

use std::fs;

use rustix::time::{ClockId, clock_gettime};

use super::metrics::{Reading, Value};

/// CPU time, memory, threads and file descriptors. What this kernel does not tell is left out.
pub(super) fn readings() -> Vec<Reading> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let bytes = |name| number_after(&status, name).map(|kib| kib * 1024);
    let levels = [
        ("process_resident_memory_bytes", "Memory in RAM.", bytes("VmRSS:")),
        ("process_virtual_memory_bytes", "Address space.", bytes("VmSize:")),
        ("process_threads", "Threads.", number_after(&status, "Threads:")),
        ("process_open_fds", "Open file descriptors.", open_descriptors()),
        (
            "process_max_fds",
            "File descriptors that may be open at once.",
            number_after(&limits, "Max open files"),
        ),
    ];
    let cpu = Reading {
        name: "process_cpu_seconds",
        help: "CPU time of all threads, in user and kernel mode.",
        value: Value::Seconds(cpu_seconds()),
    };
    let level =
        |(name, help, value): (_, _, Option<u64>)| Some(Reading { name, help, value: Value::Level(value?) });
    std::iter::once(cpu).chain(levels.into_iter().filter_map(level)).collect()
}

/// The process's CPU clock: the sum of /proc/self/stat's two times, but to the nanosecond instead of the tick.
fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 / 1e9
}

/// The first number behind `name` at the start of a line.
fn number_after(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Counts the descriptors, less the one that the counting itself needs.
fn open_descriptors() -> Option<u64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_behind_their_names() {
        let text = "Name:\thearken\nVmRSS:\t   4096 kB\nThreads:\t7\n\
                    Max open files            1024                 524288               files\n\
                    Max address space         unlimited            unlimited            bytes\n";
        let cases = [
            ("VmRSS:", Some(4096)),
            ("Threads:", Some(7)),
            ("Max open files", Some(1024)),
            ("Max address space", None),
            ("Name:", None),
            ("VmSwap:", None),
        ];
        for (name, expected) in cases {
            assert_eq!(number_after(text, name), expected, "{name}");
        }
    }

    fn level(name: &str) -> u64 {
        match readings().iter().find(|reading| reading.name == name).map(|reading| reading.value) {
            Some(Value::Level(level)) => level,
            other => panic!("{name} is {other:?}"),
        }
    }

    #[test]
    fn what_the_process_uses_shows() {
        // Other tests open files meanwhile, so only a step much larger than theirs can be looked for.
        let before = level("process_open_fds");
        let files: Vec<_> = (0..200).map(|_| fs::File::open("/proc/self/status").expect("opens")).collect();
        let during = level("process_open_fds");
        assert!(during >= before + 100, "{before} then {during}");
        assert!(level("process_max_fds") >= during);
        drop(files);

        let memory = level("process_resident_memory_bytes");
        let block = vec![1_u8; 64 << 20];
        assert!(level("process_resident_memory_bytes") >= memory + (32 << 20));
        assert!(block.iter().all(|byte| *byte == 1));
        assert!(level("process_virtual_memory_bytes") > memory && level("process_threads") >= 1);
    }

    #[test]
    fn cpu_time_grows_with_work() {
        let before = cpu_seconds();
        let mut turns = 0_u64;
        while cpu_seconds() < before + 0.01 {
            turns += 1;
        }
        assert!(turns > 0);
    }
}
