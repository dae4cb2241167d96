//! Programs, run and measured: wall time, time on the cores and peak memory of the process itself.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

/// A program with its arguments, to be run again and again.
#[derive(Debug, Clone)]
pub struct Program {
    words: Vec<String>,
    dir: Option<String>,
    threads: Option<u32>,
    /// The exit codes that are no accident.
    codes: &'static [i32],
}

/// What one run took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
    /// Bytes.
    pub peak: u64,
}

impl Program {
    pub fn new<S: AsRef<OsStr>>(words: &[S]) -> Self {
        let words = words.iter().map(|word| word.as_ref().to_str().unwrap().to_owned()).collect();
        Self { words, dir: None, threads: None, codes: &[0] }
    }

    /// regild in the project at `dir`.
    pub fn regild(dir: &Path, arguments: &[&str]) -> Self {
        let words: Vec<&str> = [env!("CARGO_BIN_EXE_regild")].into_iter().chain(arguments.iter().copied()).collect();
        Self::new(&words).at(dir)
    }

    /// A floor of this very program over `paths` below `dir`.
    pub fn floor(dir: &Path, arguments: &[&str]) -> Self {
        let own = std::env::current_exe().unwrap();
        let words: Vec<&str> = [own.to_str().unwrap(), "floor"].into_iter().chain(arguments.iter().copied()).collect();
        Self::new(&words).at(dir)
    }

    #[must_use]
    pub fn at(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_str().unwrap().to_owned());
        self
    }

    #[must_use]
    pub fn threads(mut self, threads: u32) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Also takes other exit codes for success: a verdict is an answer.
    #[must_use]
    pub fn exits(mut self, codes: &'static [i32]) -> Self {
        self.codes = codes;
        self
    }

    /// Runs it once.
    pub fn run(&self) -> Took {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_remove("CI").env_remove("GITHUB_ACTIONS").env_remove("RAYON_NUM_THREADS");
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        if let Some(threads) = self.threads {
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        let start = Instant::now();
        let ended = command.spawn().unwrap().wait4().unwrap();
        let wall = start.elapsed();
        let code = ended.status.code();
        if code.is_none_or(|code| !self.codes.contains(&code)) {
            let again = command.stderr(Stdio::piped()).output().unwrap();
            panic!("{:?} ended with {code:?}; again: {}", self.words, String::from_utf8_lossy(&again.stderr));
        }
        Took { wall, cpu: ended.rusage.utime + ended.rusage.stime, peak: ended.rusage.maxrss }
    }
}

/// The medians of several runs of each program. They take turns, so that whatever else the machine does hits all alike; a
/// first turn only warms the caches of the machine.
pub fn medians(programs: &[&Program], turns: usize) -> Vec<Took> {
    let mut taken: Vec<Vec<Took>> = vec![Vec::new(); programs.len()];
    for turn in 0..=turns {
        for (program, taken) in programs.iter().zip(&mut taken) {
            let took = program.run();
            if turn > 0 {
                taken.push(took);
            }
        }
    }
    taken.iter().map(|taken| median(taken)).collect()
}

fn median(taken: &[Took]) -> Took {
    fn middle<T: Ord + Copy>(taken: &[Took], of: impl Fn(&Took) -> T) -> T {
        let mut sorted: Vec<T> = taken.iter().map(of).collect();
        sorted.sort();
        sorted[sorted.len() / 2]
    }
    Took {
        wall: middle(taken, |took| took.wall),
        cpu: middle(taken, |took| took.cpu),
        peak: middle(taken, |took| took.peak),
    }
}
