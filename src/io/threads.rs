//! The threads that work is spread over.

/// Stack of a worker, in bytes. Documents may nest 64 deep (SEC-07), and an unoptimised build takes a lot for each level.
const STACK: usize = 16 << 20;

/// Prepares the workers; `RAYON_NUM_THREADS` says how many, else there is one for each core.
pub fn prepare() {
    // It fails only where there are workers already, which will do.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
}
