//! How long regild takes, beside a floor: a program that does only what nobody could leave out. Both are measured as processes
//! of their own, in the same run, on inputs generated from a seed.
//!
//! `cargo bench --bench gate` prints the tables; `UPDATE=1` writes them into docs/performance.md as well. Words after `--`
//! choose sections. Nothing here decides whether a test passes.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark drives the world and prints")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on is none")]

mod floor;
mod generate;
mod measure;
mod sections;
mod table;
mod transport;
mod words;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["floor", "calls", port, count, at_once] => {
            transport::loop_of(port, count.parse().unwrap(), at_once.parse().unwrap());
        }
        ["floor", what, paths @ ..] => floor::run(what, paths),
        ["generate", into, sizes] => generate::run(into.as_ref(), sizes.parse().unwrap()),
        words if words.contains(&"--bench") => {
            let wanted: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with("--")).collect();
            sections::run(&wanted);
        }
        _ => println!("this is a benchmark: cargo bench --bench gate"),
    }
}
